package import CBORCoding

/// Asks which records the device keeps.
///
/// firmware-specs/cddl: `record-list-request`.
package struct RecordListRequest: CBORShape, Sendable, Hashable {
    /// Sequences after this one.
    package var afterSequence: UInt64
    package var countMax: Int?

    package init(afterSequence: UInt64, countMax: Int? = nil) {
        self.afterSequence = afterSequence
        self.countMax = countMax
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var afterSequence: UInt64?
        var countMax: Int?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "from": afterSequence = try value.decodeInteger(in: CORLimits.counters)
            case "max": countMax = try value.decodeInteger(in: 1...CORLimits.recordListCountMax)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let afterSequence else {
            throw .missingKey(of: "record-list-request", offset: messageOffset)
        }
        self.init(afterSequence: afterSequence, countMax: countMax)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1 + (countMax == nil ? 0 : 1))
        if let countMax {
            encoder.encode("max")
            encoder.encode(countMax)
        }
        encoder.encode("from")
        encoder.encode(afterSequence)
    }
}
