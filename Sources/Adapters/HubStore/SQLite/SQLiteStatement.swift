import CSQLite
import HubCore

/// A prepared statement of one connection.
final class SQLiteStatement {
    let pointer: OpaquePointer
    let columnCount: Int32
    /// The connection's count of uses, as of the last one.
    var lastUse: UInt64 = 0

    init(pointer: OpaquePointer) {
        self.pointer = pointer
        columnCount = sqlite3_column_count(pointer)
    }

    deinit {
        sqlite3_finalize(pointer)
    }

    /// - Returns: SQLite's result code.
    func bind(_ value: SQLiteValue, at index: Int32) -> Int32 {
        // SQLITE_TRANSIENT: SQLite copies the bytes before the call returns.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null:
            return sqlite3_bind_null(pointer, index)
        case .integer(let number):
            return sqlite3_bind_int64(pointer, index, number)
        case .text(let text):
            var text = text
            return text.withUTF8 { utf8 in
                utf8.withMemoryRebound(to: CChar.self) { characters in
                    guard let start = characters.baseAddress else {
                        return sqlite3_bind_text(pointer, index, "", 0, transient)
                    }
                    return sqlite3_bind_text64(
                        pointer, index, start, UInt64(characters.count), transient, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let bytes):
            return bytes.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return sqlite3_bind_zeroblob(pointer, index, 0) }
                return sqlite3_bind_blob64(pointer, index, start, UInt64(bytes.count), transient)
            }
        }
    }

    /// Binds bytes that the caller keeps where they are until `reset`.
    ///
    /// - Returns: SQLite's result code.
    func bind(lasting bytes: UnsafeRawBufferPointer, at index: Int32) -> Int32 {
        guard let start = bytes.baseAddress else { return sqlite3_bind_zeroblob(pointer, index, 0) }
        // No destructor is SQLITE_STATIC.
        return sqlite3_bind_blob64(pointer, index, start, UInt64(bytes.count), nil)
    }

    /// The value of a column of the present row. A float, which no STRICT column of ours holds, reads as null.
    func value(at index: Int32) -> SQLiteValue {
        switch sqlite3_column_type(pointer, index) {
        case SQLITE_INTEGER:
            return .integer(sqlite3_column_int64(pointer, index))
        case SQLITE_TEXT:
            guard let start = sqlite3_column_text(pointer, index) else { return .text("") }
            let count = Int(sqlite3_column_bytes(pointer, index))
            return .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            guard let start = sqlite3_column_blob(pointer, index) else { return .blob([]) }
            let count = Int(sqlite3_column_bytes(pointer, index))
            return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
        default:
            return .null
        }
    }

    func values() -> [SQLiteValue] {
        (0..<columnCount).map { value(at: $0) }
    }

    /// Makes the statement ready for the next use, and lets go of what was bound.
    func reset() {
        sqlite3_reset(pointer)
        sqlite3_clear_bindings(pointer)
    }
}
