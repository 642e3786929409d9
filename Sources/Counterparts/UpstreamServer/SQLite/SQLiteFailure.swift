import CSQLite

/// SQLite, or the disk below it, refused.
package struct SQLiteFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// SQLite's extended result code.
    let code: Int32
    /// SQLite's words; they name tables, never contents.
    let message: String

    /// Another process holds the file.
    var isBusy: Bool { code & 0xFF == SQLITE_BUSY }

    package var description: String { "database: \(message) (\(code))" }
}
