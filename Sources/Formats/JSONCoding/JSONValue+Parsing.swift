extension JSONValue {
    /// Reads `bytes` as one JSON text (RFC 8259) and nothing else.
    ///
    /// Stricter than the RFC where it leaves a choice: UTF-8 without byte order mark, no name twice in an object (names are
    /// compared as Swift does, by canonical equivalence), no lone surrogates, no number beyond the finite doubles.
    package static func parse(_ bytes: [UInt8], limits: JSONLimits = .init()) throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.lengthMax else { throw .lengthLimitExceeded(length: bytes.count) }
        var parser = JSONParser(bytes, limits: limits)
        parser.skipWhitespace()
        let value = try parser.parseValue()
        parser.skipWhitespace()
        guard parser.isAtEnd else { throw .trailingBytes(offset: parser.offset) }
        return value
    }

    package static func parse(_ text: String, limits: JSONLimits = .init()) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }
}
