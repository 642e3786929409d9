import CSQLite

/// One connection to one SQLite file. It blocks, so an actor with a thread of its own holds it.
final class SQLiteConnection {
    /// How commits become durable; both wait for fsync (`synchronous=FULL`).
    enum Journal {
        /// Write-ahead log, exclusive: one process, one connection, no shared memory file.
        case exclusiveLog
        /// Rollback journal, shared with other processes; a busy file is waited for.
        case shared
    }

    private static let busyTimeoutMilliseconds: Int32 = 5000

    private let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]

    init(path: String, journal: Journal) throws(SQLiteFailure) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw SQLiteFailure(code: code, message: "\(path): \(message)")
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        switch journal {
        case .exclusiveLog:
            // EXCLUSIVE comes first: a log opened so never has the shared memory file.
            try script("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        case .shared:
            sqlite3_busy_timeout(handle, Self.busyTimeoutMilliseconds)
            try script("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL")
        }
        try script("PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF")
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Runs statements that have no parameters and whose rows nobody wants.
    func script(_ sql: String) throws(SQLiteFailure) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Runs one statement and returns how many rows it changed.
    @discardableResult
    func execute(_ sql: String, _ values: SQLiteValue...) throws(SQLiteFailure) -> Int {
        _ = try run(sql, values) { (_) throws(SQLiteFailure) in () }
        return Int(sqlite3_changes(handle))
    }

    func rows<Row>(
        _ sql: String, _ values: SQLiteValue..., read: (SQLiteRow) throws(SQLiteFailure) -> Row
    ) throws(SQLiteFailure) -> [Row] {
        try run(sql, values, read)
    }

    func row<Row>(
        _ sql: String, _ values: SQLiteValue..., read: (SQLiteRow) throws(SQLiteFailure) -> Row
    ) throws(SQLiteFailure) -> Row? {
        try run(sql, values, read).first
    }

    var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Everything in `body`, or nothing of it; returns after the commit is on the disk.
    func transaction<Value>(_ body: () throws(SQLiteFailure) -> Value) throws(SQLiteFailure) -> Value {
        try script("BEGIN IMMEDIATE")
        let value: Value
        do {
            value = try body()
            try script("COMMIT")
        } catch {
            // SQLite may have rolled back by itself (a full disk does that); then there is nothing to roll back.
            if sqlite3_get_autocommit(handle) == 0 { try script("ROLLBACK") }
            throw error
        }
        return value
    }

    private func run<Row>(
        _ sql: String, _ values: [SQLiteValue], _ read: (SQLiteRow) throws(SQLiteFailure) -> Row
    ) throws(SQLiteFailure) -> [Row] {
        let statement = try prepared(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() { try bind(value, at: Int32(index + 1), of: statement) }
        var rows: [Row] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: rows.append(try read(SQLiteRow(statement: statement)))
            case SQLITE_DONE: return rows
            default: throw failure()
            }
        }
    }

    private func prepared(_ sql: String) throws(SQLiteFailure) -> OpaquePointer {
        if let statement = statements[sql] { return statement }
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
        guard let statement else { throw SQLiteFailure(code: SQLITE_MISUSE, message: "empty statement") }
        statements[sql] = statement
        return statement
    }

    private func bind(_ value: SQLiteValue, at index: Int32, of statement: OpaquePointer) throws(SQLiteFailure) {
        // SQLITE_TRANSIENT, a cast that C makes and Swift does not import: SQLite copies what is bound.
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null: try check(sqlite3_bind_null(statement, index))
        case .integer(let value): try check(sqlite3_bind_int64(statement, index, value))
        case .text(let value): try check(sqlite3_bind_text(statement, index, value, -1, copied))
        case .blob(let bytes) where bytes.isEmpty: try check(sqlite3_bind_zeroblob(statement, index, 0))
        case .blob(let bytes):
            try check(sqlite3_bind_blob64(statement, index, bytes, sqlite3_uint64(bytes.count), copied))
        }
    }

    private func check(_ code: Int32) throws(SQLiteFailure) {
        guard code == SQLITE_OK else { throw failure() }
    }

    private func failure() -> SQLiteFailure {
        SQLiteFailure(code: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)))
    }
}
