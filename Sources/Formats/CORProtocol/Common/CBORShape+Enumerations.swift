package import CBORCoding

/// A closed choice of small integers.
extension CBORShape where Self: RawRepresentable, RawValue == UInt8 {
    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let start = decoder.offset
        guard let rawValue = UInt8(exactly: try decoder.decodeInt64()), let value = Self(rawValue: rawValue) else {
            throw .unexpectedValue(expected: "a known \(Self.self)", offset: start)
        }
        self = value
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.encode(UInt64(rawValue))
    }
}

/// A closed choice of texts.
extension CBORShape where Self: RawRepresentable, RawValue == String {
    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let start = decoder.offset
        guard let value = Self(rawValue: try decoder.decodeText()) else {
            throw .unexpectedValue(expected: "a known \(Self.self)", offset: start)
        }
        self = value
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.encode(rawValue)
    }
}
