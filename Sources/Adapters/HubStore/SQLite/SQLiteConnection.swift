import CSQLite
import HubCore

/// One connection to one SQLite database, used by one thread.
///
/// Statements that were used last stay prepared. The first failure that ends writing stays in `failure`.
final class SQLiteConnection {
    static let internalErrorCode = SQLITE_INTERNAL

    /// Statements that are kept. With half of them, records on their way to the upstream had some prepared again and again.
    static let statementCountMax = 64

    let path: String
    /// The first fault that leaves the database's state on the disk unknown.
    private(set) var failure: StoreFault?
    /// Bytes that were bound to statements since the counter was reset.
    var boundLength = 0
    /// Bytes of content that were bound since the connection was opened.
    private(set) var storedLength: UInt64 = 0
    /// Grows with each item that is changed, also by what is rolled back.
    var itemRewriteCount: UInt64 = 0
    private let fileSystem: StoreFileSystem
    private let pointer: OpaquePointer
    private var isClosed = false
    /// Prepared statements that are kept for the next time: some kilobytes each.
    private var statements: [String: SQLiteStatement] = [:]
    private var useCount: UInt64 = 0
    private let logPageCount: UnsafeMutablePointer<Int32>

    init(path: String) throws(StoreFault) {
        guard let fileSystem = StoreFileSystem() else { throw .unexpected(code: SQLITE_NOMEM) }
        var pointer: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &pointer, flags, fileSystem.cName)
        guard let pointer else { throw .unexpected(code: SQLITE_NOMEM) }
        guard code == SQLITE_OK else {
            let fault = StoreFault(
                sqliteCode: code, errno: sqlite3_system_errno(pointer), path: path,
                message: String(cString: sqlite3_errmsg(pointer)))
            sqlite3_close_v2(pointer)
            throw fault
        }
        self.path = path
        self.fileSystem = fileSystem
        self.pointer = pointer
        logPageCount = .allocate(capacity: 1)
        logPageCount.initialize(to: 0)
    }

    deinit {
        close(keepingLog: true)
        logPageCount.deallocate()
    }

    /// Lets go of the files. Nothing may be run any more.
    ///
    /// - Parameter keepingLog: Nothing more is written, as it must be after a failure: SQLite's usual checkpoint at the
    ///   end would trust pages that a failed fsync left behind.
    func close(keepingLog: Bool) {
        guard !isClosed else { return }
        isClosed = true
        if keepingLog || failure != nil { corhub_sqlite3_keep_log_on_close(pointer) }
        statements.removeAll()
        sqlite3_close_v2(pointer)
    }

    /// Whether no transaction is open. SQLite rolls a whole transaction back by itself after some errors.
    var isOutsideTransaction: Bool {
        sqlite3_get_autocommit(pointer) != 0
    }

    /// Rows changed since the connection was opened, also those that were rolled back since.
    var totalChangeCount: Int64 {
        sqlite3_total_changes64(pointer)
    }

    /// Rows changed by the statement that ran last.
    var changeCount: Int64 {
        sqlite3_changes64(pointer)
    }

    /// What was written through this connection.
    var meter: StoreFileSystem.Meter { fileSystem.meter }

    /// Statements that are prepared now.
    var statementCount: Int { statements.count }

    /// Pages in the write-ahead log, as of the last commit.
    var pagesInLog: Int {
        Int(logPageCount.pointee)
    }

    /// Runs a statement that returns no rows, or whose rows do not matter.
    ///
    /// - Parameter last: The value of the parameter behind `values`; the statement reads it where it lies.
    func run(_ sql: String, _ values: [SQLiteValue] = [], last: [UInt8]? = nil) throws(StoreFault) {
        let statement = try statement(for: sql)
        defer { statement.reset() }
        try bind(values, to: statement)
        guard let last else {
            let code = finish(statement)
            if code != SQLITE_DONE { throw fault(code) }
            return
        }
        boundLength += last.count
        storedLength += UInt64(last.count)
        let code = last.withUnsafeBytes { bytes in
            let code = statement.bind(lasting: bytes, at: Int32(values.count + 1))
            return code == SQLITE_OK ? finish(statement) : code
        }
        if code != SQLITE_DONE { throw fault(code) }
    }

    /// The rows of a query, each as the values of its columns.
    func rows(
        _ sql: String, _ values: [SQLiteValue] = [], countMax: Int = .max
    ) throws(StoreFault) -> [[SQLiteValue]] {
        let statement = try statement(for: sql)
        defer { statement.reset() }
        try bind(values, to: statement)
        var rows: [[SQLiteValue]] = []
        while true {
            switch sqlite3_step(statement.pointer) {
            case SQLITE_ROW: if rows.count < countMax { rows.append(statement.values()) }
            case SQLITE_DONE: return rows
            case let code: throw fault(code)
            }
        }
    }

    private func bind(_ values: [SQLiteValue], to statement: SQLiteStatement) throws(StoreFault) {
        for (index, value) in values.enumerated() {
            try check(statement.bind(value, at: Int32(index + 1)))
            boundLength += value.length
        }
    }

    /// - Returns: SQLITE_DONE, or the code of a failure.
    private func finish(_ statement: SQLiteStatement) -> Int32 {
        while true {
            let code = sqlite3_step(statement.pointer)
            if code != SQLITE_ROW { return code }
        }
    }

    /// The integer in the first column of the first row.
    func integer(_ sql: String, _ values: [SQLiteValue] = []) throws(StoreFault) -> Int64? {
        guard case .integer(let number)? = try rows(sql, values, countMax: 1).first?.first else { return nil }
        return number
    }

    /// Runs several statements that are used once, such as those of a migration.
    func script(_ sql: String) throws(StoreFault) {
        try check(sqlite3_exec(pointer, sql, nil, nil, nil))
    }

    /// Leaves checkpoints to the owner, and counts the log's pages for it.
    func countPagesInLog() throws(StoreFault) {
        try check(sqlite3_wal_autocheckpoint(pointer, 0))
        sqlite3_wal_hook(
            pointer,
            { @Sendable context, _, _, pageCount in
                context?.assumingMemoryBound(to: Int32.self).pointee = pageCount
                return SQLITE_OK
            }, logPageCount)
    }

    /// Copies the write-ahead log into the database file, and waits for the disk.
    func checkpoint(truncating: Bool) throws(StoreFault) {
        let mode = truncating ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE
        try check(sqlite3_wal_checkpoint_v2(pointer, nil, mode, nil, nil))
        logPageCount.pointee = 0
    }

    private func statement(for sql: String) throws(StoreFault) -> SQLiteStatement {
        useCount += 1
        if let statement = statements[sql] {
            statement.lastUse = useCount
            return statement
        }
        var prepared: OpaquePointer?
        try check(sqlite3_prepare_v3(pointer, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil))
        guard let prepared else { throw .unexpected(code: SQLITE_MISUSE) }
        let statement = SQLiteStatement(pointer: prepared)
        statement.lastUse = useCount
        if statements.count == Self.statementCountMax,
            let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            statements[oldest.key] = nil
        }
        statements[sql] = statement
        return statement
    }

    private func check(_ code: Int32) throws(StoreFault) {
        guard code == SQLITE_OK else { throw fault(code) }
    }

    private func fault(_ code: Int32) -> StoreFault {
        let fault = StoreFault(
            sqliteCode: code, errno: sqlite3_system_errno(pointer), path: path,
            message: String(cString: sqlite3_errmsg(pointer)))
        if fault.endsWriting, failure == nil { failure = fault }
        return fault
    }
}
