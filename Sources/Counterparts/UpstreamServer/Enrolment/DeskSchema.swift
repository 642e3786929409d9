/// Tables of `desk.sqlite`. The command line works on it while the server runs, so it has a rollback journal.
enum DeskSchema {
    static let version: Int64 = 1

    static let script = """
        CREATE TABLE tokens (
            hash BLOB PRIMARY KEY,
            hub TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            held INTEGER NOT NULL,
            used_ms INTEGER,
            revoked_ms INTEGER,
            certificate BLOB
        ) STRICT;
        CREATE TABLE hubs (
            hub TEXT PRIMARY KEY,
            enrolled_ms INTEGER NOT NULL,
            revoked_ms INTEGER,
            signing_open INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE certificates (
            thumbprint BLOB PRIMARY KEY,
            role TEXT NOT NULL,
            name TEXT NOT NULL,
            key_hash BLOB NOT NULL,
            der BLOB NOT NULL,
            number INTEGER NOT NULL,
            issued_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            used_ms INTEGER,
            revoked_ms INTEGER
        ) STRICT;
        CREATE INDEX certificates_of_name ON certificates (name, role);
        PRAGMA user_version = 1;
        """
}
