/// What a parameter of a statement can be.
enum SQLiteValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    static func integer(_ value: Int) -> SQLiteValue { .integer(Int64(value)) }

    static func text(_ value: String?) -> SQLiteValue { value.map { .text($0 as String) } ?? .null }

    static func integer(_ value: Int64?) -> SQLiteValue { value.map { .integer($0 as Int64) } ?? .null }

    static func blob(_ value: [UInt8]?) -> SQLiteValue { value.map { .blob($0 as [UInt8]) } ?? .null }
}
