/// Brings JSON into OLPC's canonical form, over which TUF metadata is signed: keys in the order of their code points, no white
/// space, only `\` and `"` escaped, integers only.
///
/// Refused besides what RFC 8259 refuses: a key twice in an object, numbers with fraction or exponent or beyond 64 bits, lone
/// surrogates, nesting beyond `depthMax`. Control characters that were escaped stand as they are, so that what comes out need
/// not be JSON.
package struct CanonicalJSON {
    package enum Fault: Error, Sendable, Hashable {
        case notUTF8
        case truncated
        case unexpectedByte(offset: Int)
        case numberUnsupported(offset: Int)
        case malformedEscape(offset: Int)
        case duplicateKey(offset: Int)
        case tooDeep
        case trailingBytes(offset: Int)
    }

    private static let depthMax = 32

    /// A member of an object in `output`: from its key's quotation mark to the end of its value.
    private struct Member {
        let start: Int
        let keyEnd: Int
        let end: Int
    }

    private let input: [UInt8]
    private var offset = 0
    private var output: [UInt8] = []
    private var depth = 0
    /// Of all objects that are open.
    private var members: [Member] = []

    package static func form(of bytes: [UInt8]) throws(Fault) -> [UInt8] {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
        var form = CanonicalJSON(input: bytes)
        try form.value()
        form.skipWhitespace()
        guard form.offset == bytes.count else { throw .trailingBytes(offset: form.offset) }
        return form.output
    }

    private init(input: [UInt8]) {
        self.input = input
        output.reserveCapacity(input.count)
    }

    private mutating func skipWhitespace() {
        while offset < input.count {
            switch input[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    private func peek() throws(Fault) -> UInt8 {
        guard offset < input.count else { throw .truncated }
        return input[offset]
    }

    private mutating func value() throws(Fault) {
        skipWhitespace()
        switch try peek() {
        case UInt8(ascii: "{"): try object()
        case UInt8(ascii: "["): try array()
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try integer()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: throw .unexpectedByte(offset: offset)
        }
    }

    private mutating func word(_ word: StaticString) throws(Fault) {
        for index in 0..<word.utf8CodeUnitCount {
            guard try peek() == word.utf8Start[index] else { throw .unexpectedByte(offset: offset) }
            output.append(input[offset])
            offset += 1
        }
    }

    private mutating func integer() throws(Fault) {
        let start = offset
        if input[offset] == UInt8(ascii: "-") { offset += 1 }
        let first = offset
        while offset < input.count, (0x30...0x39).contains(input[offset]) { offset += 1 }
        let hasLeadingZero = offset - first > 1 && input[first] == 0x30
        let isFollowed =
            offset < input.count && [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(input[offset])
        guard !hasLeadingZero, !isFollowed, let number = Int64(String(decoding: input[start..<offset], as: UTF8.self))
        else { throw .numberUnsupported(offset: start) }
        output += number.description.utf8
    }

    // MARK: - Containers

    private mutating func open(_ bracket: UInt8) throws(Fault) {
        guard depth < Self.depthMax else { throw .tooDeep }
        depth += 1
        offset += 1
        output.append(bracket)
        skipWhitespace()
    }

    /// Reads a comma, or the end of a list: then false.
    private mutating func another(before end: UInt8) throws(Fault) -> Bool {
        skipWhitespace()
        let separator = try peek()
        guard separator == end || separator == UInt8(ascii: ",") else { throw .unexpectedByte(offset: offset) }
        offset += 1
        output.append(separator)
        guard separator == end else { return true }
        depth -= 1
        return false
    }

    private mutating func array() throws(Fault) {
        try open(UInt8(ascii: "["))
        if try peek() == UInt8(ascii: "]") {
            _ = try another(before: UInt8(ascii: "]"))
            return
        }
        repeat { try value() } while try another(before: UInt8(ascii: "]"))
    }

    private mutating func object() throws(Fault) {
        let objectOffset = offset
        try open(UInt8(ascii: "{"))
        if try peek() == UInt8(ascii: "}") {
            _ = try another(before: UInt8(ascii: "}"))
            return
        }
        let base = members.count
        defer { members.removeSubrange(base...) }
        var isOrdered = true
        repeat {
            skipWhitespace()
            guard try peek() == UInt8(ascii: "\"") else { throw .unexpectedByte(offset: offset) }
            let start = output.count
            try string()
            let keyEnd = output.count
            skipWhitespace()
            guard try peek() == UInt8(ascii: ":") else { throw .unexpectedByte(offset: offset) }
            offset += 1
            output.append(UInt8(ascii: ":"))
            try value()
            let member = Member(start: start, keyEnd: keyEnd, end: output.count)
            if members.count > base, !precedes(members[members.count - 1], member) { isOrdered = false }
            members.append(member)
        } while try another(before: UInt8(ascii: "}"))
        if !isOrdered { try order(from: base, objectOffset: objectOffset) }
    }

    /// Puts the members of the object that was just read into order.
    private mutating func order(from base: Int, objectOffset: Int) throws(Fault) {
        let sorted = members[base...].sorted { precedes($0, $1) }
        for (one, next) in zip(sorted, sorted.dropFirst()) where !precedes(one, next) {
            throw .duplicateKey(offset: objectOffset)
        }
        var content: [UInt8] = []
        for (index, member) in sorted.enumerated() {
            if index > 0 { content.append(UInt8(ascii: ",")) }
            content += output[member.start..<member.end]
        }
        output.replaceSubrange(members[base].start..<(output.count - 1), with: content)
    }

    /// Whether one key stands before another, by code points: those of UTF-8 are in the order of its bytes. A backslash is not
    /// part of the key.
    private func precedes(_ one: Member, _ other: Member) -> Bool {
        let span = output.span
        var first = one.start + 1
        var second = other.start + 1
        let firstEnd = one.keyEnd - 1
        let secondEnd = other.keyEnd - 1
        while first < firstEnd, second < secondEnd {
            if span[first] == UInt8(ascii: "\\") { first += 1 }
            if span[second] == UInt8(ascii: "\\") { second += 1 }
            let left = span[first]
            let right = span[second]
            if left != right { return left < right }
            first += 1
            second += 1
        }
        return first == firstEnd && second < secondEnd
    }

    // MARK: - Strings

    private mutating func string() throws(Fault) {
        offset += 1
        output.append(UInt8(ascii: "\""))
        while true {
            let runStart = offset
            offset = endOfRun()
            switch try peek() {
            case UInt8(ascii: "\""):
                output += input[runStart...offset]
                offset += 1
                return
            case UInt8(ascii: "\\"):
                output += input[runStart..<offset]
                let scalar = try escape()
                if scalar == "\"" || scalar == "\\" { output.append(UInt8(ascii: "\\")) }
                output += UTF8.encode(scalar).map(Array.init) ?? []
            default:
                throw .unexpectedByte(offset: offset)
            }
        }
    }

    /// The offset of what ends a run of plain characters. Most bytes of metadata pass here, so it is kept tight.
    private func endOfRun() -> Int {
        let span = input.span
        var index = offset
        while index < span.count {
            let byte = span[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            index += 1
        }
        return index
    }

    private mutating func escape() throws(Fault) -> Unicode.Scalar {
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
        case UInt8(ascii: "u"): break
        default: throw .malformedEscape(offset: start)
        }
        let unit = try hexadecimal(start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(unit), offset + 2 <= input.count, input[offset] == UInt8(ascii: "\\"),
            input[offset + 1] == UInt8(ascii: "u")
        else { throw .malformedEscape(offset: start) }
        offset += 2
        let trail = try hexadecimal(start)
        guard UTF16.isTrailSurrogate(trail) else { throw .malformedEscape(offset: start) }
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }

    private mutating func hexadecimal(_ start: Int) throws(Fault) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try peek())).hexDigitValue else {
                throw .malformedEscape(offset: start)
            }
            unit = unit << 4 | UInt16(digit)
            offset += 1
        }
        return unit
    }
}
