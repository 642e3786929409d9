package import CBORCoding

/// What is acknowledged now.
///
/// firmware-specs/cddl: `record-acknowledge-response`.
package struct RecordAcknowledgeResponse: CBORShape, Sendable, Hashable {
    package var upToSequence: UInt64

    package init(upToSequence: UInt64) {
        self.upToSequence = upToSequence
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var upToSequence: UInt64?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "upto": upToSequence = try value.decodeInteger(in: CORLimits.counters)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let upToSequence else {
            throw .missingKey(of: "record-acknowledge-response", offset: messageOffset)
        }
        self.init(upToSequence: upToSequence)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1)
        encoder.encode("upto")
        encoder.encode(upToSequence)
    }
}
