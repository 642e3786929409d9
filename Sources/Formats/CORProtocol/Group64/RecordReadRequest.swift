package import CBORCoding

/// Asks for a part of a record.
///
/// firmware-specs/cddl: `record-read-request`.
package struct RecordReadRequest: CBORShape, Sendable, Hashable {
    package var sequence: UInt64
    /// In bytes.
    package var offset: Int
    /// In bytes.
    package var lengthMax: Int?

    package init(sequence: UInt64, offset: Int, lengthMax: Int? = nil) {
        self.sequence = sequence
        self.offset = offset
        self.lengthMax = lengthMax
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var sequence: UInt64?
        var offset: Int?
        var lengthMax: Int?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "seq": sequence = try value.decodeInteger(in: CORLimits.sequences)
            case "off": offset = try value.decodeInteger(in: 0...CORLimits.recordLengthMax)
            case "max": lengthMax = try value.decodeInteger(in: 1...CORLimits.messageLengthMax)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let sequence, let offset else {
            throw .missingKey(of: "record-read-request", offset: messageOffset)
        }
        self.init(sequence: sequence, offset: offset, lengthMax: lengthMax)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2 + (lengthMax == nil ? 0 : 1))
        if let lengthMax {
            encoder.encode("max")
            encoder.encode(lengthMax)
        }
        encoder.encode("off")
        encoder.encode(offset)
        encoder.encode("seq")
        encoder.encode(sequence)
    }
}
