/// Tables of `desk.sqlite`. The command line works on it while the server runs, so it has a rollback journal.
enum DeskSchema {
    static let script = """
        CREATE TABLE IF NOT EXISTS tokens (
            hash BLOB PRIMARY KEY,
            hub TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            used_ms INTEGER,
            revoked_ms INTEGER,
            request_hash BLOB,
            transport_pem TEXT,
            signing_pem TEXT
        ) STRICT;
        CREATE TABLE IF NOT EXISTS hubs (
            hub TEXT PRIMARY KEY,
            enrolled_ms INTEGER NOT NULL,
            revoked_ms INTEGER
        ) STRICT;
        CREATE TABLE IF NOT EXISTS certificates (
            thumbprint BLOB PRIMARY KEY,
            role TEXT NOT NULL,
            name TEXT NOT NULL,
            issued_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            revoked_ms INTEGER
        ) STRICT;
        CREATE INDEX IF NOT EXISTS certificates_of_name ON certificates (name, role);
        """
}
