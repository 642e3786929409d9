package import CBORCoding

/// Lets the device blink.
///
/// firmware-specs/cddl: `identify-request`.
package struct IdentifyRequest: CBORShape, Sendable, Hashable {
    package var seconds: Int

    package init(seconds: Int) {
        self.seconds = seconds
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var seconds: Int?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "s": seconds = try value.decodeInteger(in: 1...60)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let seconds else {
            throw .missingKey(of: "identify-request", offset: messageOffset)
        }
        self.init(seconds: seconds)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1)
        encoder.encode("s")
        encoder.encode(seconds)
    }
}
