package import CBORCoding

/// A hub's id; equal to the subject of the hub's certificates.
///
/// firmware-specs/cddl: `hub-id`.
package struct HubID: CBORShape, Sendable, Hashable {
    package let text: String

    /// Nil unless `text` is a hub id: 4 to 64 of a-z, 0-9 and -, not - first.
    package init?(_ text: String) {
        guard (4...64).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "-"),
            text.utf8.allSatisfy({ character in
                switch character {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "-"): true
                default: false
                }
            })
        else { return nil }
        self.text = text
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let start = decoder.offset
        guard let value = Self(try decoder.decodeText()) else {
            throw .unexpectedValue(expected: "a hub id: 4 to 64 of a-z, 0-9 and -, not - first", offset: start)
        }
        self = value
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.encode(text)
    }
}

extension HubID: CustomStringConvertible {
    package var description: String { text }
}
