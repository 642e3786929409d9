package import CBORCoding

/// An image in a slot, as the device names it.
///
/// firmware-specs/cddl: `slot-image`.
package struct SlotImage: CBORShape, Sendable, Hashable {
    /// The SHA-256 in the image.
    package var hash: SHA256Hash
    /// As image management names it; 1 to 32 bytes.
    package var version: String
    package var state: SlotState

    package init(hash: SHA256Hash, version: String, state: SlotState) {
        self.hash = hash
        self.version = version
        self.state = state
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var hash: SHA256Hash?
        var version: String?
        var state: SlotState?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: hash = try SHA256Hash(from: &value)
            case 2: version = try value.decodeText(length: 1...32)
            case 3: state = try SlotState(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let hash, let version, let state else { throw .missingKey(of: "slot-image", offset: messageOffset) }
        self.init(hash: hash, version: version, state: state)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 3)
        encoder.encode(1)
        encoder.encode(hash)
        encoder.encode(2)
        encoder.encode(version)
        encoder.encode(3)
        encoder.encode(state)
    }
}
