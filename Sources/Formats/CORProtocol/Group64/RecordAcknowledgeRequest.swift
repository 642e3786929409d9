package import CBORCoding

/// Lets the device free records: the hub keeps them durably.
///
/// firmware-specs/cddl: `record-acknowledge-request`.
package struct RecordAcknowledgeRequest: CBORShape, Sendable, Hashable {
    /// This record and all before it.
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
            throw .missingKey(of: "record-acknowledge-request", offset: messageOffset)
        }
        self.init(upToSequence: upToSequence)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1)
        encoder.encode("upto")
        encoder.encode(upToSequence)
    }
}
