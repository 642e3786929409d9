package import CBORCoding

/// An erythrocyte sedimentation rate, Westergren equivalent, in hundredths of mm/h. Not a diagnosis.
///
/// firmware-specs/cddl: `esr-output`.
package struct ESROutput: CBORShape, Sendable, Hashable {
    package var status: ESRStatus
    /// Coded reasons.
    package var reasons: [String]
    package var centiMillimetresPerHour: Int64?
    package var interval90: ESRInterval?
    /// Hundredths of a minute that were analysed.
    package var centiMinutes: UInt64
    package var comparator: ESRComparator

    package init(
        status: ESRStatus, reasons: [String], centiMillimetresPerHour: Int64?, interval90: ESRInterval?,
        centiMinutes: UInt64, comparator: ESRComparator
    ) {
        self.status = status
        self.reasons = reasons
        self.centiMillimetresPerHour = centiMillimetresPerHour
        self.interval90 = interval90
        self.centiMinutes = centiMinutes
        self.comparator = comparator
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var status: ESRStatus?
        var reasons: [String]?
        var centiMillimetresPerHour: Int64??
        var interval90: ESRInterval??
        var centiMinutes: UInt64?
        var comparator: ESRComparator?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: status = try ESRStatus(from: &value)
            case 2:
                reasons = try value.decodeArray(countMax: 32) { (decoder) throws(CBORError) in
                    try decoder.decodeText(length: 1...64)
                }
            case 3:
                centiMillimetresPerHour = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in
                        try decoder.decodeInteger(in: Int64.min...Int64.max)
                    })
            case 4:
                interval90 = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in try ESRInterval(from: &decoder) })
            case 5: centiMinutes = try value.decodeInteger(in: CORLimits.counters)
            case 6: comparator = try ESRComparator(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let status, let reasons, let centiMillimetresPerHour, let interval90, let centiMinutes, let comparator
        else {
            throw .missingKey(of: "esr-output", offset: messageOffset)
        }
        self.init(
            status: status, reasons: reasons, centiMillimetresPerHour: centiMillimetresPerHour,
            interval90: interval90, centiMinutes: centiMinutes, comparator: comparator)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 6)
        encoder.encode(1)
        encoder.encode(status)
        encoder.encode(2)
        encoder.encode(array: reasons) { (encoder, element) in encoder.encode(element) }
        encoder.encode(3)
        encoder.encodeNullable(centiMillimetresPerHour) { (encoder, value) in encoder.encode(value) }
        encoder.encode(4)
        encoder.encodeNullable(interval90) { (encoder, value) in encoder.encode(value) }
        encoder.encode(5)
        encoder.encode(centiMinutes)
        encoder.encode(6)
        encoder.encode(comparator)
    }
}
