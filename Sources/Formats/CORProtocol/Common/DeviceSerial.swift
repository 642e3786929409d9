package import CBORCoding

/// A device's serial number, which is also its id.
///
/// firmware-specs/cddl: `serial`.
package struct DeviceSerial: CBORShape, Sendable, Hashable {
    package let text: String

    /// Nil unless `text` is a serial number: 4 to 32 of A-Z, 0-9 and -, not - first.
    package init?(_ text: String) {
        guard (4...32).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "-"),
            text.utf8.allSatisfy({ character in
                switch character {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
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
            throw .unexpectedValue(expected: "a serial number: 4 to 32 of A-Z, 0-9 and -, not - first", offset: start)
        }
        self = value
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.encode(text)
    }
}

extension DeviceSerial: CustomStringConvertible {
    package var description: String { text }
}
