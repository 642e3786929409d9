/// Reads JSON values by recursive descent, RFC 8259.
struct JSONParser {
    private let bytes: [UInt8]
    private let limits: JSONLimits
    private(set) var offset = 0
    private var depth = 0
    private var itemCount = 0

    init(_ bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    var isAtEnd: Bool {
        offset == bytes.count
    }

    mutating func skipWhitespace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): offset += 1
            default: return
            }
        }
    }

    mutating func parseValue() throws(JSONError) -> JSONValue {
        guard itemCount < limits.itemCountMax else { throw .itemCountLimitExceeded(offset: offset) }
        itemCount += 1
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try parseObject())
        case UInt8(ascii: "["): return .array(try parseArray())
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", as: .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", as: .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", as: .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        default: throw .unexpectedByte(offset: offset)
        }
    }

    // MARK: - Containers

    private mutating func parseObject() throws(JSONError) -> [JSONMember] {
        var members: [JSONMember] = []
        var names: Set<String> = []
        try parseList(end: UInt8(ascii: "}")) { (parser) throws(JSONError) in
            let nameOffset = parser.offset
            guard try parser.peek() == UInt8(ascii: "\"") else { throw .unexpectedByte(offset: nameOffset) }
            let name = try parser.parseString()
            guard names.insert(name).inserted else { throw .duplicateName(offset: nameOffset) }
            parser.skipWhitespace()
            guard try parser.peek() == UInt8(ascii: ":") else { throw .unexpectedByte(offset: parser.offset) }
            parser.offset += 1
            parser.skipWhitespace()
            members.append(JSONMember(name: name, value: try parser.parseValue()))
        }
        return members
    }

    private mutating func parseArray() throws(JSONError) -> [JSONValue] {
        var elements: [JSONValue] = []
        try parseList(end: UInt8(ascii: "]")) { (parser) throws(JSONError) in
            elements.append(try parser.parseValue())
        }
        return elements
    }

    /// Reads from the opening bracket to `end`; `element` reads what stands between commas.
    private mutating func parseList(
        end: UInt8, _ element: (_ parser: inout JSONParser) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard depth < limits.depthMax else { throw .depthLimitExceeded(offset: offset) }
        depth += 1
        defer { depth -= 1 }
        offset += 1
        skipWhitespace()
        if try peek() == end {
            offset += 1
            return
        }
        while true {
            try element(&self)
            skipWhitespace()
            let separator = try peek()
            guard separator == end || separator == UInt8(ascii: ",") else { throw .unexpectedByte(offset: offset) }
            offset += 1
            if separator == end { return }
            skipWhitespace()
        }
    }

    // MARK: - Scalars

    private func peek() throws(JSONError) -> UInt8 {
        guard offset < bytes.count else { throw .truncated(offset: offset) }
        return bytes[offset]
    }

    private mutating func parseWord(_ word: StaticString, as value: JSONValue) throws(JSONError) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount {
            guard try peek() == word.utf8Start[index] else { throw .unexpectedByte(offset: offset) }
            offset += 1
        }
        return value
    }

    private mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = offset
        var isInteger = true
        skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")), skipDigits() == 0 { throw .malformedNumber(offset: start) }
        if skip(UInt8(ascii: ".")) {
            isInteger = false
            if skipDigits() == 0 { throw .malformedNumber(offset: start) }
        }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            isInteger = false
            if !skip(UInt8(ascii: "+")) { skip(UInt8(ascii: "-")) }
            if skipDigits() == 0 { throw .malformedNumber(offset: start) }
        }
        // A leading zero ends its number, so that another digit is one too many.
        if skipDigits() > 0 { throw .malformedNumber(offset: start) }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw .numberOutOfRange(offset: start) }
        return .number(number)
    }

    @discardableResult
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func skipDigits() -> Int {
        let start = offset
        while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) { offset += 1 }
        return offset - start
    }

    private mutating func parseString() throws(JSONError) -> String {
        let start = offset
        offset += 1
        var content: [UInt8] = []
        var runStart = offset
        while true {
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "\""):
                content += bytes[runStart..<offset]
                offset += 1
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw .invalidText(offset: start)
                }
                return text
            case UInt8(ascii: "\\"):
                content += bytes[runStart..<offset]
                content += UTF8.encode(try parseEscape()).map(Array.init) ?? []
                runStart = offset
            case 0..<0x20:
                throw .unexpectedByte(offset: offset)
            default:
                offset += 1
            }
        }
    }

    private mutating func parseEscape() throws(JSONError) -> Unicode.Scalar {
        let start = offset
        offset += 1
        let letter = try peek()
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try parseUnicodeEscape(start: start)
        default: throw .malformedEscape(offset: start)
        }
    }

    private mutating func parseUnicodeEscape(start: Int) throws(JSONError) -> Unicode.Scalar {
        let unit = try parseHexadecimal(start: start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(unit), skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
            throw .loneSurrogate(offset: start)
        }
        let trail = try parseHexadecimal(start: start)
        guard UTF16.isTrailSurrogate(trail) else { throw .loneSurrogate(offset: start) }
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }

    private mutating func parseHexadecimal(start: Int) throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try peek())).hexDigitValue else {
                throw .malformedEscape(offset: start)
            }
            value = value << 4 | UInt16(digit)
            offset += 1
        }
        return value
    }
}
