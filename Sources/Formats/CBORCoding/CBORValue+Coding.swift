extension CBORValue {
    /// Reads `bytes` as one item and nothing else.
    package static func decode(
        _ bytes: [UInt8], mode: CBORMode = .strict, limits: CBORLimits = .init()
    ) throws(CBORError) -> CBORValue {
        var decoder = CBORDecoder(bytes, mode: mode, limits: limits)
        let value = try decoder.decodeValue()
        try decoder.finish()
        return value
    }

    /// The deterministic encoding, RFC 8949 §4.2.1 and §4.2.2: shortest integers, lengths and floats, map keys sorted
    /// bytewise.
    ///
    /// - Precondition: no map holds a key twice, and no `simple` is one of the reserved 24...31. A decoded value never does.
    package func encoded() -> [UInt8] {
        var encoder = CBOREncoder()
        encoder.encode(self)
        return encoder.bytes
    }
}

extension CBOREncoder {
    /// Appends a value; a map's entries are sorted first.
    package mutating func encode(_ value: CBORValue) {
        switch value {
        case .unsigned(let value): encode(value)
        case .negative(let value): encodeNegative(value)
        case .bytes(let value): encode(bytes: value)
        case .text(let value): encode(value)
        case .array(let elements):
            beginArray(count: elements.count)
            for element in elements { encode(element) }
        case .map(let pairs): encodeSorted(pairs)
        case .tag(let number, let item):
            encodeTag(number)
            encode(item)
        case .bool(let value): encode(value)
        case .null: encodeNull()
        case .undefined: encodeUndefined()
        case .simple(let value): encodeSimple(value)
        case .float(let value): encode(value)
        }
    }

    private mutating func encodeSorted(_ pairs: [CBORPair]) {
        var entries = pairs.map { (key: $0.key.encoded(), value: $0.value) }
        entries.sort { $0.key.lexicographicallyPrecedes($1.key) }
        for (entry, next) in zip(entries, entries.dropFirst()) {
            precondition(entry.key != next.key, "a map holds a key twice")
        }
        beginMap(count: entries.count)
        for entry in entries {
            append(encodedItem: entry.key)
            encode(entry.value)
        }
    }
}

extension CBORDecoder {
    /// The next item as a value, whatever its kind.
    package mutating func decodeValue() throws(CBORError) -> CBORValue {
        switch try peekKind() {
        case .unsigned: return .unsigned(try decodeUInt64())
        case .negative: return .negative(try readHead().argument)
        case .bytes: return .bytes(try decodeBytes())
        case .text: return .text(try decodeText())
        case .array:
            return .array(try decodeArray { (decoder) throws(CBORError) in try decoder.decodeValue() })
        case .map:
            var pairs: [CBORPair] = []
            try decodeValueMap { (key, decoder) throws(CBORError) in
                pairs.append(CBORPair(key: key, value: try decoder.decodeValue()))
            }
            return .map(pairs)
        case .tag:
            let number = try decodeTag()
            return .tag(number, try nested { (decoder) throws(CBORError) in try decoder.decodeValue() })
        case .bool: return .bool(try decodeBool())
        case .null, .undefined: return try readHead().information == 22 ? .null : .undefined
        case .simple: return .simple(UInt8(truncatingIfNeeded: try readHead().argument))
        case .float: return .float(try decodeDouble())
        }
    }
}
