import CBORCoding
import CORProtocol
import HubCore

/// A row whose hash was found right, read column by column in the table's order.
struct StoredRow {
    let table: StoredTable
    let values: [SQLiteValue]
    /// nil where it was not asked for, or is not stored any more.
    let payload: [UInt8]?
    private var next = 0

    /// - Parameters:
    ///   - columns: As `StoredTable.selectSQL` returns them, or `selectWithPayloadSQL` where a seal is given.
    ///   - seal: Opens the payload.
    /// - Throws: `damaged` when the row, or the payload, does not have its hash.
    init(_ table: StoredTable, columns: [SQLiteValue], opening seal: ContentSeal? = nil) throws(StoreFault) {
        let count = table.columns.count
        values = Array(columns.prefix(count))
        self.table = table
        guard columns.count == count + (seal == nil ? 1 : 2), columns[count] == .blob(table.rowHash(values)) else {
            throw .damaged(.row(table: table.name, key: Self.describe(columns.first)))
        }
        guard let seal else {
            payload = nil
            return
        }
        payload = try Self.checkedPayload(columns[count + 1], of: table, values: values, opening: seal)
    }

    /// The key as a report shows it.
    var keyText: String { Self.describe(values.first) }

    var bytesState: StoredBytesState {
        get throws(StoreFault) {
            guard table.hasPayload, case .integer(let number)? = values.last,
                let state = UInt8(exactly: number).flatMap(StoredBytesState.init(rawValue:))
            else { throw shapeDamage }
            return state
        }
    }

    /// Length of the payload in bytes, also where it is gone.
    var payloadLength: Int {
        get throws(StoreFault) {
            guard table.hasPayload, case .integer(let number) = values[values.count - 3],
                let length = Int(exactly: number)
            else { throw shapeDamage }
            return length
        }
    }

    var shapeDamage: StoreFault { .damaged(.shape(table: table.name, key: keyText)) }

    private static func checkedPayload(
        _ column: SQLiteValue, of table: StoredTable, values: [SQLiteValue], opening seal: ContentSeal
    ) throws(StoreFault) -> [UInt8]? {
        let isPresent = values[values.count - 1] == .integer(Int64(StoredBytesState.present.rawValue))
        switch column {
        case .blob(let stored) where isPresent:
            if case .blob(let bytes) = values[values.count - 2], let hash = SHA256Hash(bytes: bytes),
                let content = seal.content(of: stored, hash: hash, in: table)
            {
                return content
            }
        case .null where !isPresent: return nil
        default: break
        }
        throw .damaged(.payload(table: table.name, key: describe(values.first)))
    }

    private static func describe(_ key: SQLiteValue?) -> String {
        switch key {
        case .integer(let number)?: String(number)
        case .text(let text)?: text
        case .blob(let bytes)?: SHA256Hash(bytes: bytes)?.hex ?? "(\(bytes.count) bytes)"
        case .null?, nil: "(none)"
        }
    }
}

// MARK: - Columns in turn

extension StoredRow {
    mutating func integer() throws(StoreFault) -> Int64 {
        guard case .integer(let number) = take() else { throw shapeDamage }
        return number
    }

    mutating func optionalInteger() throws(StoreFault) -> Int64? {
        switch take() {
        case .integer(let number): number
        case .null: nil
        default: throw shapeDamage
        }
    }

    mutating func unsigned() throws(StoreFault) -> UInt64 {
        guard let number = UInt64(exactly: try integer()) else { throw shapeDamage }
        return number
    }

    mutating func bool() throws(StoreFault) -> Bool {
        try integer() != 0
    }

    mutating func text() throws(StoreFault) -> String {
        guard case .text(let text) = take() else { throw shapeDamage }
        return text
    }

    mutating func optionalText() throws(StoreFault) -> String? {
        switch take() {
        case .text(let text): text
        case .null: nil
        default: throw shapeDamage
        }
    }

    mutating func blob() throws(StoreFault) -> [UInt8] {
        guard case .blob(let bytes) = take() else { throw shapeDamage }
        return bytes
    }

    mutating func hash() throws(StoreFault) -> SHA256Hash {
        guard let hash = SHA256Hash(bytes: try blob()) else { throw shapeDamage }
        return hash
    }

    mutating func optionalHash() throws(StoreFault) -> SHA256Hash? {
        switch take() {
        case .null:
            return nil
        case .blob(let bytes):
            guard let hash = SHA256Hash(bytes: bytes) else { throw shapeDamage }
            return hash
        default:
            throw shapeDamage
        }
    }

    mutating func shape<Shape: CBORShape>(_ type: Shape.Type) throws(StoreFault) -> Shape {
        try decode(type, from: try blob())
    }

    /// A column that one of a type's values stands in.
    mutating func value<Raw, Value>(_ raw: Raw, _ make: (Raw) -> Value?) throws(StoreFault) -> Value {
        guard let value = make(raw) else { throw shapeDamage }
        return value
    }

    mutating func skip(_ count: Int = 1) {
        next += count
    }

    /// The payload as the shape that was stored.
    func payloadShape<Shape: CBORShape>(_ type: Shape.Type) throws(StoreFault) -> Shape {
        guard let payload else { throw shapeDamage }
        return try decode(type, from: payload)
    }

    private func decode<Shape: CBORShape>(_ type: Shape.Type, from bytes: [UInt8]) throws(StoreFault) -> Shape {
        do {
            return try Shape(decoding: bytes)
        } catch {
            throw shapeDamage
        }
    }

    private mutating func take() -> SQLiteValue {
        precondition(next < values.count, "a column of \(table.name)")
        defer { next += 1 }
        return values[next]
    }
}
