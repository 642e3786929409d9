extension StoreMigration {
    /// Content is sealed, and can be erased. The rows gain no column: a sealed payload says itself under which key.
    static let second =
        """
        CREATE TABLE erasures (
            number INTEGER PRIMARY KEY, subject TEXT NOT NULL, asked BLOB NOT NULL, last_item INTEGER NOT NULL,
            records INTEGER NOT NULL, results INTEGER NOT NULL, finished INTEGER NOT NULL, row_hash BLOB NOT NULL) STRICT;

        """
        + keepingRows(of: .erasures) + payloadTables.map { guardingSealedPayload(of: $0) }.joined()

    /// Content leaves the store only behind an accepted receipt or for an erasure that was asked for, and is changed only
    /// where it is sealed for the first time; whatever the program asks for.
    private static func guardingSealedPayload(of table: StoredTable) -> String {
        let covered =
            table.name == "batches"
            ? "SELECT 1 FROM receipts WHERE batch = OLD.batch AND status IN (1, 2)"
            : """
            SELECT 1 FROM items JOIN receipts ON receipts.batch = items.batch
            WHERE items.item = OLD.item AND receipts.status IN (1, 2)
            """
        let erased =
            switch table.name {
            case "records":
                "OR EXISTS (SELECT 1 FROM erasures WHERE finished = 0 AND subject = OLD.subject AND last_item >= OLD.item)"
            case "results": "OR EXISTS (SELECT 1 FROM erasures WHERE finished = 0 AND last_item >= OLD.item)"
            case "batches": "OR EXISTS (SELECT 1 FROM erasures WHERE finished = 0)"
            default: ""
            }
        return """
            DROP TRIGGER \(table.name)_payload;
            CREATE TRIGGER \(table.name)_payload BEFORE UPDATE OF payload ON \(table.name)
            WHEN NEW.payload IS NOT OLD.payload AND NOT CASE WHEN NEW.payload IS NULL
                THEN EXISTS (\(covered)) \(erased)
                ELSE EXISTS (SELECT 1 FROM settings WHERE key = 'unsealed-from') END
            BEGIN SELECT RAISE(ABORT, 'not behind an accepted receipt'); END;

            """
    }
}
