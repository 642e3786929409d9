package import CBORCoding

/// Decoding within the bounds of the CDDL.
extension CBORDecoder {
    /// A text of `length` bytes of UTF-8, as CDDL's `.size` counts.
    mutating func decodeText(length: ClosedRange<Int>) throws(CBORError) -> String {
        let start = offset
        let text = try decodeText()
        guard length.contains(text.utf8.count) else {
            throw .unexpectedValue(expected: "a text of \(length) bytes", offset: start)
        }
        return text
    }

    mutating func decodeBytes(length: ClosedRange<Int>) throws(CBORError) -> [UInt8] {
        let start = offset
        let bytes = try decodeBytes()
        guard length.contains(bytes.count) else {
            throw .unexpectedValue(expected: "\(length) bytes", offset: start)
        }
        return bytes
    }

    mutating func decodeInteger<Integer: FixedWidthInteger>(
        in range: ClosedRange<Integer>
    ) throws(CBORError) -> Integer {
        let start = offset
        let value = try decodeInt64()
        guard let integer = Integer(exactly: value), range.contains(integer) else {
            throw .unexpectedValue(expected: "an integer in \(range)", offset: start)
        }
        return integer
    }

    /// An array of `countMin` to `countMax` elements; refused at the first element too many.
    mutating func decodeArray<Element>(
        countMin: Int = 0, countMax: Int, _ element: (_ decoder: inout CBORDecoder) throws(CBORError) -> Element
    ) throws(CBORError) -> [Element] {
        let start = offset
        var count = 0
        let elements = try decodeArray { (decoder) throws(CBORError) in
            count += 1
            guard count <= countMax else {
                throw .unexpectedValue(expected: "at most \(countMax) elements", offset: start)
            }
            return try element(&decoder)
        }
        guard count >= countMin else {
            throw .unexpectedValue(expected: "at least \(countMin) elements", offset: start)
        }
        return elements
    }

    /// Null, or what `value` reads.
    mutating func decodeNullable<Value>(
        _ value: (_ decoder: inout CBORDecoder) throws(CBORError) -> Value
    ) throws(CBORError) -> Value? {
        try decodeNullIfPresent() ? nil : try value(&self)
    }
}

extension CBORError {
    /// A map has an entry that its rule does not know.
    package static func unknownKey(offset: Int) -> CBORError {
        .unexpectedValue(expected: "a known key", offset: offset)
    }

    /// A map lacks an entry that its rule demands.
    package static func missingKey(of rule: String, offset: Int) -> CBORError {
        .unexpectedValue(expected: "all keys of \(rule)", offset: offset)
    }
}
