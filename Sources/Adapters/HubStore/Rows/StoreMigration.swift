/// A step from one format of the store to the next. Its number is its place in the list, from 1.
package struct StoreMigration: Sendable {
    package let sql: String

    package init(sql: String) {
        self.sql = sql
    }

    /// All steps, in order. A released step is never changed.
    package static let all = [StoreMigration(sql: Self.first), StoreMigration(sql: Self.second), .history, .fourth]

    private static let first =
        tables
        + payloadTables.map { guardingPayload(of: $0) }.joined()
        + StoredTable.all.filter { !tablesWithoutGuard.contains($0.name) }.map { keepingRows(of: $0) }.joined()

    /// Those whose rows may go, and those that later steps made.
    private static let tablesWithoutGuard: Set = ["devices", "settings", "erasures", "history"]

    private static let tables = """
        CREATE TABLE state (
            key INTEGER PRIMARY KEY CHECK (key = 1), commit_sequence INTEGER NOT NULL, item_head INTEGER NOT NULL,
            checkpoint_item INTEGER NOT NULL, entry_cursor INTEGER NOT NULL, record_cursor INTEGER NOT NULL,
            indexed_item INTEGER NOT NULL,
            pending_records INTEGER NOT NULL, pending_records_length INTEGER NOT NULL,
            pending_entries INTEGER NOT NULL, pending_entries_length INTEGER NOT NULL,
            records INTEGER NOT NULL, records_length INTEGER NOT NULL, quarantined INTEGER NOT NULL,
            quarantined_length INTEGER NOT NULL, row_hash BLOB NOT NULL) STRICT;

        CREATE TABLE items (
            item INTEGER PRIMARY KEY, section INTEGER NOT NULL, lane INTEGER NOT NULL, length INTEGER NOT NULL,
            batch INTEGER, leaf INTEGER, row_hash BLOB NOT NULL) STRICT;
        CREATE INDEX items_pending ON items (lane, item, length) WHERE batch IS NULL;
        CREATE INDEX items_by_batch ON items (batch, leaf) WHERE batch IS NOT NULL;

        CREATE TABLE records (
            item INTEGER PRIMARY KEY, commit_sequence INTEGER NOT NULL, record_id BLOB NOT NULL, serial TEXT NOT NULL,
            sequence INTEGER NOT NULL, kind INTEGER NOT NULL, cartridge TEXT, received BLOB NOT NULL,
            received_ms INTEGER NOT NULL, link TEXT NOT NULL, trust TEXT NOT NULL, subject TEXT,
            backfilled INTEGER NOT NULL, clock_offset_ms INTEGER, length INTEGER NOT NULL, payload_hash BLOB NOT NULL,
            payload_state INTEGER NOT NULL, row_hash BLOB NOT NULL, payload BLOB, UNIQUE (serial, sequence)) STRICT;
        CREATE INDEX records_by_cartridge ON records (cartridge) WHERE cartridge IS NOT NULL;

        CREATE TABLE record_ids (record_id BLOB PRIMARY KEY, item INTEGER NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE gaps (
            item INTEGER PRIMARY KEY, commit_sequence INTEGER NOT NULL, serial TEXT NOT NULL, first INTEGER NOT NULL,
            last INTEGER NOT NULL, made_ms INTEGER NOT NULL, length INTEGER NOT NULL, payload_hash BLOB NOT NULL,
            payload_state INTEGER NOT NULL, row_hash BLOB NOT NULL, payload BLOB) STRICT;
        CREATE INDEX gaps_by_device ON gaps (serial, last);

        CREATE TABLE results (
            item INTEGER PRIMARY KEY, commit_sequence INTEGER NOT NULL, result_id BLOB NOT NULL UNIQUE,
            made_ms INTEGER NOT NULL, length INTEGER NOT NULL, payload_hash BLOB NOT NULL,
            payload_state INTEGER NOT NULL, row_hash BLOB NOT NULL, payload BLOB) STRICT;

        CREATE TABLE result_inputs (
            input INTEGER PRIMARY KEY, record_id BLOB NOT NULL, item INTEGER NOT NULL, row_hash BLOB NOT NULL,
            UNIQUE (record_id, item)) STRICT;

        CREATE TABLE firmware_events (
            item INTEGER PRIMARY KEY, commit_sequence INTEGER NOT NULL, serial TEXT NOT NULL,
            made_ms INTEGER NOT NULL, length INTEGER NOT NULL, payload_hash BLOB NOT NULL,
            payload_state INTEGER NOT NULL, row_hash BLOB NOT NULL, payload BLOB) STRICT;

        CREATE TABLE device_events (
            item INTEGER PRIMARY KEY, commit_sequence INTEGER NOT NULL, serial TEXT NOT NULL,
            made_ms INTEGER NOT NULL, length INTEGER NOT NULL, payload_hash BLOB NOT NULL,
            payload_state INTEGER NOT NULL, row_hash BLOB NOT NULL, payload BLOB) STRICT;

        CREATE TABLE audit (
            item INTEGER PRIMARY KEY, commit_sequence INTEGER NOT NULL, sequence INTEGER NOT NULL UNIQUE,
            previous_hash BLOB NOT NULL, entry_hash BLOB NOT NULL, made_ms INTEGER NOT NULL, length INTEGER NOT NULL,
            payload_hash BLOB NOT NULL, payload_state INTEGER NOT NULL, row_hash BLOB NOT NULL, payload BLOB) STRICT;

        CREATE TABLE quarantine (
            number INTEGER PRIMARY KEY, serial TEXT NOT NULL, sequence INTEGER NOT NULL, reason TEXT NOT NULL,
            noticed BLOB NOT NULL, noticed_ms INTEGER NOT NULL, length INTEGER NOT NULL, payload_hash BLOB NOT NULL,
            payload_state INTEGER NOT NULL, row_hash BLOB NOT NULL, payload BLOB) STRICT;
        CREATE INDEX quarantine_present ON quarantine (number) WHERE payload_state = 1;
        CREATE INDEX quarantine_by_device ON quarantine (serial, sequence);

        CREATE TABLE batches (
            batch INTEGER PRIMARY KEY, epoch BLOB NOT NULL, sequence INTEGER NOT NULL, hash BLOB NOT NULL,
            previous_hash BLOB NOT NULL, cut BLOB NOT NULL, cut_ms INTEGER NOT NULL, item_count INTEGER NOT NULL,
            receipt INTEGER NOT NULL, has_records INTEGER NOT NULL, has_entries INTEGER NOT NULL,
            has_audit INTEGER NOT NULL, length INTEGER NOT NULL, payload_hash BLOB NOT NULL, payload_state INTEGER NOT NULL,
            row_hash BLOB NOT NULL, payload BLOB, UNIQUE (epoch, sequence)) STRICT;
        CREATE INDEX batches_open ON batches (receipt, batch, length) WHERE receipt NOT IN (1, 2);
        CREATE INDEX batches_present ON batches (cut_ms) WHERE payload_state = 1;
        CREATE INDEX batches_with_records ON batches (cut_ms) WHERE has_records = 1;
        CREATE INDEX batches_with_entries ON batches (cut_ms) WHERE has_entries = 1;
        CREATE INDEX batches_with_audit ON batches (cut_ms) WHERE has_audit = 1;

        CREATE TABLE receipts (
            batch INTEGER PRIMARY KEY REFERENCES batches (batch), status INTEGER NOT NULL, meaning BLOB NOT NULL,
            length INTEGER NOT NULL, payload_hash BLOB NOT NULL, payload_state INTEGER NOT NULL,
            row_hash BLOB NOT NULL, payload BLOB) STRICT;

        CREATE TABLE devices (
            serial TEXT PRIMARY KEY, model TEXT NOT NULL, hardware TEXT NOT NULL, firmware TEXT NOT NULL,
            trust TEXT NOT NULL, certificate BLOB, first_seen BLOB NOT NULL, last_seen BLOB NOT NULL,
            owner INTEGER NOT NULL, alias TEXT, subject TEXT, row_hash BLOB NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE settings (
            key TEXT PRIMARY KEY, value BLOB NOT NULL, row_hash BLOB NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE losses (
            number INTEGER PRIMARY KEY, table_name TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            row_hash BLOB NOT NULL) STRICT;

        """

    static let payloadTables: [StoredTable] = ItemSection.allCases.map(\.table) + [.batches]

    /// Content leaves the store only behind an accepted receipt, whatever the program asks for.
    private static func guardingPayload(of table: StoredTable) -> String {
        let covered =
            table.name == "batches"
            ? "SELECT 1 FROM receipts WHERE batch = OLD.batch AND status IN (1, 2)"
            : """
            SELECT 1 FROM items JOIN receipts ON receipts.batch = items.batch
            WHERE items.item = OLD.item AND receipts.status IN (1, 2)
            """
        return """
            CREATE TRIGGER \(table.name)_payload BEFORE UPDATE OF payload ON \(table.name)
            WHEN NEW.payload IS NOT OLD.payload AND (NEW.payload IS NOT NULL OR NOT EXISTS (\(covered)))
            BEGIN SELECT RAISE(ABORT, 'not behind an accepted receipt'); END;

            """
    }

    static func keepingRows(of table: StoredTable) -> String {
        """
        CREATE TRIGGER \(table.name)_kept BEFORE DELETE ON \(table.name)
        BEGIN SELECT RAISE(ABORT, 'rows stay'); END;

        """
    }
}
