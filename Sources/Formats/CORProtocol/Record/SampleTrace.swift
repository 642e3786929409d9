package import CBORCoding

/// A quantity sampled at a fixed period, oldest first.
///
/// firmware-specs/cddl: `trace`.
package struct SampleTrace: CBORShape, Sendable, Hashable {
    package var periodMilliseconds: UInt32
    /// Nil: no reading at this sample.
    package var values: [Int32?]

    package init(periodMilliseconds: UInt32, values: [Int32?]) {
        self.periodMilliseconds = periodMilliseconds
        self.values = values
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var periodMilliseconds: UInt32?
        var values: [Int32?]?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: periodMilliseconds = try value.decodeInteger(in: 100...3_600_000)
            case 2:
                values = try value.decodeArray(countMax: CORLimits.sampleCountMax) { (decoder) throws(CBORError) in
                    try decoder.decodeNullable { (decoder) throws(CBORError) in
                        try decoder.decodeInteger(in: -1_000_000...1_000_000)
                    }
                }
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let periodMilliseconds, let values else {
            throw .missingKey(of: "trace", offset: messageOffset)
        }
        self.init(periodMilliseconds: periodMilliseconds, values: values)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode(1)
        encoder.encode(UInt64(periodMilliseconds))
        encoder.encode(2)
        encoder.encode(array: values) { (encoder, element) in
            encoder.encodeNullable(element) { (encoder, value) in encoder.encode(Int64(value)) }
        }
    }
}
