package import CBORCoding

/// An interval of rates, in hundredths of mm/h.
///
/// firmware-specs/cddl: `esr-interval`.
package struct ESRInterval: CBORShape, Sendable, Hashable {
    package var low: Int64
    package var high: Int64

    package init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        self = try decoder.decodeArray(count: 2) { (decoder) throws(CBORError) in
            ESRInterval(low: try decoder.decodeInt64(), high: try decoder.decodeInt64())
        }
        guard low <= high else {
            throw .unexpectedValue(expected: "a low end not above the high one", offset: messageOffset)
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginArray(count: 2)
        encoder.encode(low)
        encoder.encode(high)
    }
}
