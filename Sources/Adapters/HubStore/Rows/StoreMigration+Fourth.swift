import HubCore

extension StoreMigration {
    /// Runs may give way in a full store before they are in a batch, and a batch may be withdrawn behind one that was rejected.
    /// What else goes is refused as before, whatever the program asks for.
    static let fourth = StoreMigration(
        sql: """
            DROP TRIGGER records_payload;
            CREATE TRIGGER records_payload BEFORE UPDATE OF payload ON records
            WHEN NEW.payload IS NOT OLD.payload AND NOT CASE WHEN NEW.payload IS NULL
                THEN EXISTS (
                        SELECT 1 FROM items JOIN receipts ON receipts.batch = items.batch
                        WHERE items.item = OLD.item AND receipts.status IN (1, 2))
                    OR EXISTS (
                        SELECT 1 FROM erasures
                        WHERE finished = 0 AND subject = OLD.subject AND last_item >= OLD.item)
                    OR NEW.payload_state = \(StoredBytesState.overwritten.rawValue)
                        AND NOT EXISTS (SELECT 1 FROM items WHERE item = OLD.item AND batch IS NOT NULL)
                ELSE EXISTS (SELECT 1 FROM settings WHERE key = 'unsealed-from') END
            BEGIN SELECT RAISE(ABORT, 'not behind an accepted receipt'); END;

            DROP TRIGGER batches_kept;
            CREATE TRIGGER batches_kept BEFORE DELETE ON batches
            WHEN OLD.receipt <> 0 OR EXISTS (SELECT 1 FROM items WHERE items.batch = OLD.batch)
                OR 3 IS NOT (
                    SELECT receipt FROM batches
                    WHERE epoch = OLD.epoch AND sequence < OLD.sequence AND receipt <> 0 ORDER BY sequence DESC LIMIT 1)
            BEGIN SELECT RAISE(ABORT, 'rows stay'); END;

            """)
}
