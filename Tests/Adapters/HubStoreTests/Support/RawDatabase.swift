import CSQLite
import Testing

struct RawDatabaseError: Error, Equatable {
    let message: String
}

/// A second way into a closed store's database.
struct RawDatabase {
    let path: String

    func run(_ sql: String) throws {
        var database: OpaquePointer?
        try #require(sqlite3_open(path, &database) == SQLITE_OK)
        defer { sqlite3_close(database) }
        let code = sqlite3_exec(database, sql, nil, nil, nil)
        let message = String(cString: sqlite3_errmsg(database))
        guard code == SQLITE_OK else { throw RawDatabaseError(message: message) }
    }

    func integer(_ sql: String) throws -> Int64 {
        var database: OpaquePointer?
        try #require(sqlite3_open(path, &database) == SQLITE_OK)
        defer { sqlite3_close(database) }
        var statement: OpaquePointer?
        try #require(sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK)
        defer { sqlite3_finalize(statement) }
        try #require(sqlite3_step(statement) == SQLITE_ROW)
        return sqlite3_column_int64(statement, 0)
    }
}
