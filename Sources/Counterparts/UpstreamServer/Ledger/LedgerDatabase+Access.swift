import CBORCoding
import CORProtocol
import JSONCoding

/// Who read what: a hash chain of its own, so that an entry cannot go missing between two others.
extension LedgerDatabase {
    private static let requestLengthMax = 512

    /// Notes one request and its outcome; returns when the note is on the disk.
    package func noteAccess(caller: String, request: String, status: Int) throws(LedgerFailure) {
        let now = clock()
        let request = request.prefix(utf8Length: Self.requestLengthMax)
        try writing { (ledger) throws(SQLiteFailure) in
            let last = try ledger.database.row("SELECT sequence, hash FROM access ORDER BY sequence DESC LIMIT 1") {
                (row) throws(SQLiteFailure) in (sequence: row.integer(0), hash: try row.hash(1))
            }
            let sequence = (last?.sequence ?? 0) + 1
            let entry: CBORValue = [
                .integer(sequence), .bytes((last?.hash ?? .zero).bytes), .integer(now), .text(caller), .text(request),
                .integer(Int64(status)),
            ]
            try ledger.database.execute(
                "INSERT INTO access (sequence, at_ms, caller, request, status, hash) VALUES (?, ?, ?, ?, ?, ?)",
                .integer(sequence), .integer(now), .text(caller), .text(request), .integer(status),
                .blob(SHA256Hash.of(entry.encoded()).bytes))
        }
    }

    func accesses(_ filter: LedgerFilter) throws(LedgerFailure) -> [JSONValue] {
        try reading { (ledger) throws(SQLiteFailure) in
            try ledger.database.rows(
                "SELECT sequence, at_ms, caller, request, status, hash FROM access WHERE at_ms >= ? ORDER BY sequence LIMIT ?",
                .integer(filter.sinceMilliseconds), .integer(filter.limit)
            ) { (row) throws(SQLiteFailure) -> JSONValue in
                [
                    "sequence": .integer(row.integer(0)), "at_ms": .integer(row.integer(1)),
                    "caller": .string(row.text(2)), "request": .string(row.text(3)), "status": .integer(row.integer(4)),
                    "hash": .string(row.blob(5).hex),
                ]
            }
        }
    }
}
