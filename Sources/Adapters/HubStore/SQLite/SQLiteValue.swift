import CBORCoding
import CORProtocol
import HubCore

/// A value in a column of a STRICT table.
enum SQLiteValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])
}

extension SQLiteValue {
    /// - Throws: `refused(.numberOutOfRange)` beyond 2^63 - 1.
    static func unsigned(_ value: UInt64) throws(StoreFault) -> SQLiteValue {
        guard let number = Int64(exactly: value) else { throw .refused(.numberOutOfRange) }
        return .integer(number)
    }

    static func bool(_ value: Bool) -> SQLiteValue {
        .integer(value ? 1 : 0)
    }

    static func optional(_ value: String?) -> SQLiteValue {
        value.map { .text($0) } ?? .null
    }

    static func optional(_ value: Int64?) -> SQLiteValue {
        value.map { .integer($0) } ?? .null
    }

    static func hash(_ value: SHA256Hash) -> SQLiteValue {
        .blob(value.bytes)
    }

    static func time(_ value: TimeBlock) -> SQLiteValue {
        .blob(value.encoded())
    }

    /// In bytes, as far as it counts for the size of a commit.
    var length: Int {
        switch self {
        case .null, .integer: 8
        case .text(let text): text.utf8.count
        case .blob(let bytes): bytes.count
        }
    }
}
