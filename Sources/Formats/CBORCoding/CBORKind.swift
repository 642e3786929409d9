/// The kind of an item, as its first byte tells it.
package enum CBORKind: Sendable, Hashable {
    case unsigned, negative, bytes, text, array, map, tag, bool, null, undefined, simple, float

    /// The kind announced by an item's first byte; nil for the reserved forms and for the break code.
    ///
    /// RFC 8949 §3, appendix B.
    init?(initialByte: UInt8) {
        let information = initialByte & 0x1F
        guard information < 28 || information == 31 else { return nil }
        switch initialByte >> 5 {
        case 0 where information != 31: self = .unsigned
        case 1 where information != 31: self = .negative
        case 2: self = .bytes
        case 3: self = .text
        case 4: self = .array
        case 5: self = .map
        case 6 where information != 31: self = .tag
        case 7:
            switch information {
            case 20, 21: self = .bool
            case 22: self = .null
            case 23: self = .undefined
            case 25, 26, 27: self = .float
            case 31: return nil
            default: self = .simple
            }
        default: return nil
        }
    }
}
