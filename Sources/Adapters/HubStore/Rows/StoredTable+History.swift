extension StoredTable {
    /// What the trend of each person rests on; its content stays when the raw runs are pruned, and goes when the person's
    /// data are erased.
    static let history = StoredTable("history", ["number", "subject", "measured_ms"], hasPayload: true)
}

extension StoreMigration {
    static let history = StoreMigration(
        sql: """
            CREATE TABLE history (
                number INTEGER PRIMARY KEY, subject TEXT NOT NULL, measured_ms INTEGER NOT NULL, length INTEGER NOT NULL,
                payload_hash BLOB NOT NULL, payload_state INTEGER NOT NULL, row_hash BLOB NOT NULL, payload BLOB) STRICT;
            CREATE INDEX history_by_subject ON history (subject, measured_ms);
            """)
}
