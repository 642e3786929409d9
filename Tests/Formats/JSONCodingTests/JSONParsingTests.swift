import JSONCoding
import Testing

@Suite("JSON parsing")
struct JSONParsingTests {
    @Test(
        "A JSON text is its value",
        arguments: [
            ("null", nil), (" true\r\n\t", true), ("false", false), ("0", 0), ("-0", 0), ("-12", -12),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(0x1p63)), ("1.0", .number(1)), ("1e2", .number(100)),
            ("-1.5E-3", .number(-0.0015)), ("1E+2", .number(100)), ("0.1", .number(0.1)),
            ("5e-324", .number(.leastNonzeroMagnitude)), ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
            (#""""#, ""), (#""a\"\\\/\b\f\n\r\té""#, "a\"\\/\u{8}\u{C}\n\r\té"),
            (#""\u0041\u00e9\u6C34\ud83d\uDE00""#, "Aé水😀"), ("\"😀\u{7F}\"", "😀\u{7F}"),
            ("[]", []), ("[ ]", []), ("[1, [2] ,{}]", [1, [2], [:]]), ("{ }", [:]),
            (#"{"b" : 1,"a":[null]}"#, ["b": 1, "a": [nil]]),
        ] as [(String, JSONValue)])
    func parses(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONValue.parse(text) == value)
    }

    @Test(
        "What is no JSON text is refused",
        arguments: [
            ("", .truncated(offset: 0)), (" ", .truncated(offset: 1)), ("nul", .truncated(offset: 3)),
            ("nulL", .unexpectedByte(offset: 3)), ("True", .unexpectedByte(offset: 0)),
            ("NaN", .unexpectedByte(offset: 0)), ("Infinity", .unexpectedByte(offset: 0)),
            ("1 2", .trailingBytes(offset: 2)), ("[] x", .trailingBytes(offset: 3)),
            ("\u{FEFF}1", .unexpectedByte(offset: 0)), ("\u{A0}1", .unexpectedByte(offset: 0)),
            ("+1", .unexpectedByte(offset: 0)), (".5", .unexpectedByte(offset: 0)),
            ("-", .malformedNumber(offset: 0)), ("01", .malformedNumber(offset: 0)),
            ("-00", .malformedNumber(offset: 0)), ("1.", .malformedNumber(offset: 0)),
            ("1.e1", .malformedNumber(offset: 0)), ("1e", .malformedNumber(offset: 0)),
            ("1e+", .malformedNumber(offset: 0)), ("1e+-1", .malformedNumber(offset: 0)),
            ("0x10", .trailingBytes(offset: 1)), ("1e999", .numberOutOfRange(offset: 0)),
            ("-1e999", .numberOutOfRange(offset: 0)),
            ("[", .truncated(offset: 1)), ("[1", .truncated(offset: 2)), ("[1,", .truncated(offset: 3)),
            ("[1,]", .unexpectedByte(offset: 3)), ("[,]", .unexpectedByte(offset: 1)),
            ("[1 2]", .unexpectedByte(offset: 3)), ("[1}", .unexpectedByte(offset: 2)),
            ("{", .truncated(offset: 1)), (#"{"a"}"#, .unexpectedByte(offset: 4)),
            (#"{"a":}"#, .unexpectedByte(offset: 5)), (#"{"a":1,}"#, .unexpectedByte(offset: 7)),
            ("{1:2}", .unexpectedByte(offset: 1)), ("{'a':1}", .unexpectedByte(offset: 1)),
            (#"{"a":1,"a":2}"#, .duplicateName(offset: 7)),
            (#"{"a":1,"\u0061":2}"#, .duplicateName(offset: 7)),
            (#"{"K":1,"\u212A":2}"#, .duplicateName(offset: 7)),
            (#"""#, .truncated(offset: 1)), (#""a"#, .truncated(offset: 2)), (#""\"#, .truncated(offset: 2)),
            (#""\x""#, .malformedEscape(offset: 1)), (#""\u12g4""#, .malformedEscape(offset: 1)),
            (#""\u12"#, .truncated(offset: 5)),
            (#""\ud83d""#, .loneSurrogate(offset: 1)), (#""\ude00""#, .loneSurrogate(offset: 1)),
            (#""\ud83d\n""#, .loneSurrogate(offset: 1)), (#""\ud83d\u0041""#, .loneSurrogate(offset: 1)),
            (#""\ud83d\ud83d""#, .loneSurrogate(offset: 1)),
            ("\"\n\"", .unexpectedByte(offset: 1)), ("\"\u{1F}\"", .unexpectedByte(offset: 1)),
            ("/* */1", .unexpectedByte(offset: 0)),
        ] as [(String, JSONError)])
    func refuses(_ text: String, _ error: JSONError) {
        #expect(throws: error) { try JSONValue.parse(text) }
    }

    @Test(
        "A string that is not UTF-8 is refused",
        arguments: [[0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3]] as [[UInt8]])
    func invalidText(_ content: [UInt8]) {
        #expect(throws: JSONError.invalidText(offset: 1)) {
            try JSONValue.parse(Array("[\"".utf8) + content + Array("\"]".utf8))
        }
    }

    @Test("Half a character before an escape does not become whole by it")
    func splitCharacter() {
        #expect(throws: JSONError.invalidText(offset: 0)) {
            try JSONValue.parse([0x22, 0xC3] + Array(#"\u00a9""#.utf8))
        }
    }

    @Test("Nesting is taken at the limit and refused one deeper")
    func depthLimit() throws {
        let limits = JSONLimits(depthMax: 2)
        _ = try JSONValue.parse("[[1]]", limits: limits)
        _ = try JSONValue.parse(#"{"a":[]}"#, limits: limits)
        #expect(throws: JSONError.depthLimitExceeded(offset: 2)) { try JSONValue.parse("[[[1]]]", limits: limits) }
        #expect(throws: JSONError.depthLimitExceeded(offset: 6)) {
            try JSONValue.parse(#"{"a":[{}]}"#, limits: limits)
        }
        #expect(throws: JSONError.depthLimitExceeded(offset: 64)) {
            try JSONValue.parse(Array(repeating: UInt8(ascii: "["), count: 1_000_000))
        }
    }

    @Test("As many values as the limit are taken, and one more is refused")
    func itemLimit() throws {
        let limits = JSONLimits(itemCountMax: 3)
        _ = try JSONValue.parse("[1,2]", limits: limits)
        #expect(throws: JSONError.itemCountLimitExceeded(offset: 5)) { try JSONValue.parse("[1,2,3]", limits: limits) }
    }

    @Test("An input of the limit's length is taken, and a longer one is refused")
    func lengthLimit() throws {
        let limits = JSONLimits(lengthMax: 3)
        #expect(try JSONValue.parse("[1]", limits: limits) == [1])
        #expect(throws: JSONError.lengthLimitExceeded(length: 4)) { try JSONValue.parse("[12]", limits: limits) }
    }
}
