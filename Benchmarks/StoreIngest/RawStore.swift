import CSQLite

/// The peer: the least that stores a record once and durably with SQLite's C API, under the same settings. No hashes, no
/// items to be forwarded, and nothing between threads.
struct RawStore {
    private let database: OpaquePointer
    private let insert: OpaquePointer
    private static let serial = "COR1-0001"
    private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    init(path: String) throws(BenchmarkFailure) {
        var opened: OpaquePointer?
        guard sqlite3_open(path, &opened) == SQLITE_OK, let opened else { throw BenchmarkFailure(step: "open") }
        database = opened
        let script = """
            PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY;
            CREATE TABLE records (
                id BLOB PRIMARY KEY, serial TEXT, sequence INTEGER, bytes BLOB, UNIQUE (serial, sequence)) STRICT;
            """
        guard sqlite3_exec(database, script, nil, nil, nil) == SQLITE_OK else { throw BenchmarkFailure(step: "create") }
        var statement: OpaquePointer?
        sqlite3_prepare_v2(database, "INSERT INTO records VALUES (?, ?, ?, ?)", -1, &statement, nil)
        guard let statement else { throw BenchmarkFailure(step: "prepare") }
        insert = statement
    }

    /// Stores `records` in commits of `groupCount`.
    func ingest(_ records: [BenchmarkRecord], groupCount: Int) throws(BenchmarkFailure) {
        var rest = records[...]
        while !rest.isEmpty {
            try run("BEGIN IMMEDIATE")
            for record in rest.prefix(groupCount) { try insert(record) }
            try run("COMMIT")
            rest = rest.dropFirst(groupCount)
        }
    }

    func close() {
        sqlite3_finalize(insert)
        sqlite3_close(database)
    }

    private func insert(_ record: BenchmarkRecord) throws(BenchmarkFailure) {
        // SQLITE_STATIC: the arrays outlive the step.
        let code = record.id.withUnsafeBytes { id in
            record.bytes.withUnsafeBytes { bytes in
                sqlite3_bind_blob(insert, 1, id.baseAddress, Int32(id.count), nil)
                _ = Self.serial.withCString { sqlite3_bind_text(insert, 2, $0, -1, Self.transient) }
                sqlite3_bind_int64(insert, 3, record.sequence)
                sqlite3_bind_blob(insert, 4, bytes.baseAddress, Int32(bytes.count), nil)
                return sqlite3_step(insert)
            }
        }
        sqlite3_reset(insert)
        guard code == SQLITE_DONE else { throw BenchmarkFailure(step: "insert") }
    }

    private func run(_ sql: String) throws(BenchmarkFailure) {
        guard sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else { throw BenchmarkFailure(step: sql) }
    }
}
