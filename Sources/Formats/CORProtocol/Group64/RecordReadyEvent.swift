package import CBORCoding

/// A record was closed.
///
/// firmware-specs/cddl: `record-ready-event`.
package struct RecordReadyEvent: CBORShape, Sendable, Hashable {
    package var sequence: UInt64

    package init(sequence: UInt64) {
        self.sequence = sequence
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var sequence: UInt64?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "seq": sequence = try value.decodeInteger(in: CORLimits.sequences)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let sequence else {
            throw .missingKey(of: "record-ready-event", offset: messageOffset)
        }
        self.init(sequence: sequence)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1)
        encoder.encode("seq")
        encoder.encode(sequence)
    }
}
