/// Any CBOR item as a value, for messages whose shape is not known beforehand.
///
/// Bignums stay what they are on the wire, a tag 2 or 3 over bytes. A map keeps the order it was read or built in;
/// `encoded()` sorts it.
package enum CBORValue: Sendable {
    case unsigned(UInt64)
    /// The integer -1 - n.
    case negative(UInt64)
    case bytes([UInt8])
    case text(String)
    case array([CBORValue])
    case map([CBORPair])
    indirect case tag(UInt64, CBORValue)
    case bool(Bool)
    case null
    case undefined
    /// A simple value other than false, true, null and undefined: 0...19 or 32...255.
    case simple(UInt8)
    case float(Double)
}

/// Two values are equal when their encodings are, but for the order of map entries: text is compared by its bytes, not by
/// Unicode's canonical equivalence, 0.0 and -0.0 differ, and all NaNs are one.
extension CBORValue: Hashable {
    package static func == (left: CBORValue, right: CBORValue) -> Bool {
        switch (left, right) {
        case (.unsigned(let a), .unsigned(let b)), (.negative(let a), .negative(let b)): a == b
        case (.bytes(let a), .bytes(let b)): a == b
        case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
        case (.array(let a), .array(let b)): a == b
        case (.map(let a), .map(let b)): a == b
        case (.tag(let a, let itemA), .tag(let b, let itemB)): a == b && itemA == itemB
        case (.bool(let a), .bool(let b)): a == b
        case (.null, .null), (.undefined, .undefined): true
        case (.simple(let a), .simple(let b)): a == b
        case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
        case (.unsigned, _), (.negative, _), (.bytes, _), (.text, _), (.array, _), (.map, _), (.tag, _), (.bool, _),
            (.null, _), (.undefined, _), (.simple, _), (.float, _):
            false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .unsigned(let value): hasher.combine(0); hasher.combine(value)
        case .negative(let value): hasher.combine(1); hasher.combine(value)
        case .bytes(let value): hasher.combine(2); hasher.combine(value)
        case .text(let value): hasher.combine(3); hasher.combine(Array(value.utf8))
        case .array(let value): hasher.combine(4); hasher.combine(value)
        case .map(let value): hasher.combine(5); hasher.combine(value)
        case .tag(let number, let item): hasher.combine(6); hasher.combine(number); hasher.combine(item)
        case .bool(let value): hasher.combine(7); hasher.combine(value)
        case .null: hasher.combine(8)
        case .undefined: hasher.combine(9)
        case .simple(let value): hasher.combine(10); hasher.combine(value)
        case .float(let value): hasher.combine(11); hasher.combine((value.isNaN ? Double.nan : value).bitPattern)
        }
    }
}
