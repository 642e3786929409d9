/// Why bytes were refused as a management packet, an ATT PDU, advertising data or a bond.
package enum BluetoothError: Error, Sendable, Hashable {
    /// The bytes end before `field` does.
    case truncated(field: String, needed: Int, found: Int)
    /// Bytes follow where the packet's own lengths say that it ends.
    case trailingBytes(count: Int)
    case tooLong(what: String, length: Int, max: Int)
    /// A list with elements that do not divide it, or of a length that the protocol does not have.
    case elementLengthWrong(what: String, length: Int)
    /// A list that must not be empty, is.
    case empty(what: String)
    case tooMany(what: String, count: Int, max: Int)
    /// A number that the protocol does not have in this place.
    case valueUnknown(field: String, value: UInt64)
    case addressMalformed(String)
    case uuidMalformed(String)
}

extension BluetoothError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated(let field, let needed, let found):
            "\(field) needs \(needed) bytes, \(found) are left"
        case .trailingBytes(let count):
            "\(count) bytes follow the end"
        case .tooLong(let what, let length, let max):
            "\(what) of \(length) bytes is over the limit of \(max)"
        case .elementLengthWrong(let what, let length):
            "\(what) of \(length) bytes is not made of whole elements"
        case .empty(let what):
            "\(what) is empty"
        case .tooMany(let what, let count, let max):
            "\(count) of \(what) are over the limit of \(max)"
        case .valueUnknown(let field, let value):
            "\(field) has no value \(value)"
        case .addressMalformed(let text):
            "\"\(text)\" is no Bluetooth address; write XX:XX:XX:XX:XX:XX"
        case .uuidMalformed(let text):
            "\"\(text)\" is no UUID"
        }
    }
}
