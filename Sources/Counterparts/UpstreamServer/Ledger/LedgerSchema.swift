/// Tables of `ledger.sqlite`.
enum LedgerSchema {
    static let version: Int64 = 2

    /// From version 1.
    static let addingPreviousHash = """
        ALTER TABLE hub_audit ADD COLUMN previous_hash BLOB;
        PRAGMA user_version = 2;
        """

    static let script = """
        CREATE TABLE batches (
            id INTEGER PRIMARY KEY,
            hub TEXT NOT NULL,
            epoch BLOB NOT NULL,
            sequence INTEGER NOT NULL,
            hash BLOB NOT NULL,
            status INTEGER NOT NULL,
            reason TEXT,
            received_ms INTEGER NOT NULL,
            log_index INTEGER,
            receipt BLOB NOT NULL,
            bytes BLOB NOT NULL,
            UNIQUE (hub, epoch, sequence)
        ) STRICT;
        CREATE TABLE epochs (
            id INTEGER PRIMARY KEY,
            hub TEXT NOT NULL,
            epoch BLOB NOT NULL,
            begun_ms INTEGER NOT NULL,
            audit_sequence INTEGER,
            audit_hash BLOB,
            audit_batch_sequence INTEGER NOT NULL DEFAULT 0,
            UNIQUE (hub, epoch)
        ) STRICT;
        CREATE TABLE lanes (
            hub TEXT NOT NULL,
            epoch BLOB NOT NULL,
            serial TEXT NOT NULL,
            accounted INTEGER NOT NULL,
            PRIMARY KEY (hub, epoch, serial)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE devices (
            serial TEXT PRIMARY KEY,
            hub TEXT NOT NULL,
            first_ms INTEGER NOT NULL,
            last_ms INTEGER NOT NULL,
            last_sequence INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE records (
            record_id BLOB PRIMARY KEY,
            serial TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            hub TEXT NOT NULL,
            batch INTEGER NOT NULL REFERENCES batches,
            item INTEGER NOT NULL,
            trust TEXT NOT NULL,
            subject TEXT,
            arrived_ms INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX records_by_position ON records (serial, sequence);
        CREATE INDEX records_by_arrival ON records (arrived_ms, serial, sequence);
        CREATE TABLE results (
            result_id BLOB PRIMARY KEY,
            batch INTEGER NOT NULL REFERENCES batches,
            item INTEGER NOT NULL,
            json TEXT NOT NULL
        ) STRICT;
        CREATE TABLE result_inputs (
            record_id BLOB NOT NULL,
            result_id BLOB NOT NULL REFERENCES results,
            PRIMARY KEY (record_id, result_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE gaps (
            id INTEGER PRIMARY KEY,
            serial TEXT NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            reason TEXT NOT NULL,
            named_by TEXT NOT NULL,
            hub TEXT NOT NULL,
            batch INTEGER NOT NULL REFERENCES batches,
            noticed_ms INTEGER NOT NULL,
            detail TEXT NOT NULL
        ) STRICT;
        CREATE INDEX gaps_by_serial ON gaps (serial, first);
        CREATE TABLE hub_audit (
            hub TEXT NOT NULL,
            epoch BLOB NOT NULL,
            sequence INTEGER NOT NULL,
            type TEXT NOT NULL,
            component TEXT NOT NULL,
            subject TEXT NOT NULL,
            outcome TEXT NOT NULL,
            detail TEXT NOT NULL,
            wall_ms INTEGER NOT NULL,
            hash BLOB NOT NULL,
            previous_hash BLOB,
            PRIMARY KEY (hub, epoch, sequence)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE alarms (
            id INTEGER PRIMARY KEY,
            hub TEXT NOT NULL,
            kind TEXT NOT NULL,
            detail TEXT NOT NULL,
            first_ms INTEGER NOT NULL,
            last_ms INTEGER NOT NULL,
            count INTEGER NOT NULL DEFAULT 1,
            UNIQUE (hub, kind, detail)
        ) STRICT;
        CREATE TABLE log (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            size INTEGER NOT NULL,
            peaks BLOB NOT NULL
        ) STRICT;
        INSERT INTO log VALUES (1, 0, x'');
        CREATE TABLE access (
            sequence INTEGER PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            caller TEXT NOT NULL,
            request TEXT NOT NULL,
            status INTEGER NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;
        PRAGMA user_version = \(version);
        """
}
