import CBORCoding
import CORProtocol
import HubCore

/// A table whose rows carry the SHA-256 of their content.
///
/// A row is: the columns as named, the first of them its key; where there is a payload, its length, its SHA-256 and its
/// state; `row_hash`; and last the payload, so that reading the other columns touches no overflow page.
/// `row_hash` = SHA-256 of the CBOR array [table name, every column before `row_hash`]. The payload is outside of it and
/// held by its own hash, so that it can be removed and the row still be proven. Length and hash are those of the content;
/// the payload is the content as `ContentSeal` seals it.
struct StoredTable: Sendable {
    let name: String
    let hasPayload: Bool
    /// All columns before `row_hash`.
    let columns: [String]
    let insertSQL: String
    /// Inserts nothing where a row with the same unique columns is.
    let insertIfNewSQL: String
    let replaceSQL: String
    /// Followed by a WHERE clause.
    let selectSQL: String
    let selectWithPayloadSQL: String

    init(_ name: String, _ ownColumns: [String], hasPayload: Bool = false) {
        self.name = name
        self.hasPayload = hasPayload
        columns = ownColumns + (hasPayload ? ["length", "payload_hash", "payload_state"] : [])
        let sealed = columns + ["row_hash"]
        let all = sealed + (hasPayload ? ["payload"] : [])
        let places = all.map { _ in "?" }.joined(separator: ", ")
        insertSQL = "INSERT INTO \(name) (\(all.joined(separator: ", "))) VALUES (\(places))"
        insertIfNewSQL = insertSQL + " ON CONFLICT DO NOTHING"
        replaceSQL = "REPLACE INTO \(name) (\(all.joined(separator: ", "))) VALUES (\(places))"
        selectSQL = "SELECT \(sealed.joined(separator: ", ")) FROM \(name)"
        selectWithPayloadSQL = "SELECT \(all.joined(separator: ", ")) FROM \(name)"
    }

    var key: String { columns[0] }

    func rowHash(_ values: [SQLiteValue]) -> [UInt8] {
        precondition(values.count == columns.count, "a value for each column of \(name)")
        var encoder = CBOREncoder(capacity: 512)
        encoder.beginArray(count: 1 + values.count)
        encoder.encode(name)
        for value in values {
            switch value {
            case .null: encoder.encodeNull()
            case .integer(let number): encoder.encode(number)
            case .text(let text): encoder.encode(text)
            case .blob(let bytes): encoder.encode(bytes: bytes)
            }
        }
        return SHA256Hash.of(encoder.bytes).bytes
    }
}

extension StoredTable {
    /// All values of a new row in the order of `insertSQL`, without the payload.
    ///
    /// - Parameter ownValues: Those of the columns that the table was declared with.
    func sealed(_ ownValues: [SQLiteValue], content: StoredContent?) -> [SQLiteValue] {
        precondition(hasPayload == (content != nil), "a payload for \(name), and for no table without one")
        var values = ownValues
        values.reserveCapacity(columns.count + 1)
        if let content {
            values.append(.integer(Int64(content.length)))
            values.append(.hash(content.hash))
            values.append(.integer(Int64(StoredBytesState.present.rawValue)))
        }
        values.append(.blob(rowHash(values)))
        return values
    }
}
