/// Tables of `devices.sqlite`. The command line works on it while the server runs, so it has a rollback journal.
enum RegistrySchema {
    static let script = """
        CREATE TABLE IF NOT EXISTS registrations (
            serial TEXT PRIMARY KEY,
            hub TEXT NOT NULL,
            trust TEXT NOT NULL,
            thumbprint BLOB,
            registered_ms INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS recalls (
            serial TEXT PRIMARY KEY,
            state INTEGER NOT NULL,
            reason TEXT NOT NULL,
            since_ms INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS recall_list (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            number INTEGER NOT NULL,
            changed_ms INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS changes (
            sequence INTEGER PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            serial TEXT NOT NULL,
            change TEXT NOT NULL,
            caller TEXT NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS signed_reports (
            rollout TEXT NOT NULL,
            serial TEXT NOT NULL,
            hub TEXT NOT NULL,
            failed INTEGER NOT NULL,
            version TEXT NOT NULL,
            running_hash BLOB NOT NULL,
            report TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            PRIMARY KEY (rollout, serial)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS uncounted_reports (
            rollout TEXT NOT NULL,
            serial TEXT NOT NULL,
            hub TEXT NOT NULL,
            reason TEXT NOT NULL,
            report TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            PRIMARY KEY (rollout, serial)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS report_proofs (
            serial TEXT NOT NULL,
            hash BLOB NOT NULL,
            rollout TEXT NOT NULL,
            PRIMARY KEY (serial, hash)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS report_moments (
            serial TEXT PRIMARY KEY,
            boot INTEGER NOT NULL,
            uptime_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS changes_of_device ON changes (serial, sequence);
        """
}
