package import CBORCoding

/// An image that the boot loader refused or took back, and why.
///
/// firmware-specs/cddl: `undone-image`.
package struct UndoneImage: CBORShape, Sendable, Hashable {
    package var hash: SHA256Hash
    /// A code of small letters, digits and hyphens; 1 to 64 bytes. firmware-specs/device-behaviour.md, section 9.
    package var reason: String

    package init(hash: SHA256Hash, reason: String) {
        self.hash = hash
        self.reason = reason
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var hash: SHA256Hash?
        var reason: String?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: hash = try SHA256Hash(from: &value)
            case 2: reason = try value.decodeText(length: 1...64)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let hash, let reason else { throw .missingKey(of: "undone-image", offset: messageOffset) }
        self.init(hash: hash, reason: reason)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode(1)
        encoder.encode(hash)
        encoder.encode(2)
        encoder.encode(reason)
    }
}
