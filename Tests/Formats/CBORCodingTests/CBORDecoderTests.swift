import CBORCoding
import TestSupport
import Testing

@Suite("CBOR decoder")
struct CBORDecoderTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let hexadecimal: String
        let error: CBORError

        init(_ hexadecimal: String, _ error: CBORError) {
            self.hexadecimal = hexadecimal
            self.error = error
        }

        var testDescription: String { "\(hexadecimal): \(error)" }
        var bytes: [UInt8] { [UInt8](hexadecimal: hexadecimal) }
    }

    @Test(
        "What is not well-formed or not unique is refused in both modes",
        arguments: [
            .init("", .truncated(offset: 0)),
            .init("18", .truncated(offset: 0)),
            .init("1b00000000000000", .truncated(offset: 0)),
            .init("4201", .truncated(offset: 0)),
            .init("8201", .truncated(offset: 0)),
            .init("a101", .truncated(offset: 0)),
            .init("c1", .truncated(offset: 1)),
            .init("fb0000", .truncated(offset: 0)),
            .init("0000", .trailingBytes(offset: 1)),
            .init("1c", .malformedHead(offset: 0)),
            .init("5d", .malformedHead(offset: 0)),
            .init("fe", .malformedHead(offset: 0)),
            .init("1f", .malformedHead(offset: 0)),
            .init("3f", .malformedHead(offset: 0)),
            .init("df00", .malformedHead(offset: 0)),
            .init("f800", .malformedHead(offset: 0)),
            .init("f81f", .malformedHead(offset: 0)),
            .init("ff", .unexpectedBreak(offset: 0)),
            .init("81ff", .unexpectedBreak(offset: 1)),
            .init("a101ff", .unexpectedBreak(offset: 2)),
            .init("a201020103", .duplicateKey(offset: 3)),
            .init("a2617801617802", .duplicateKey(offset: 4)),
            .init("6180", .invalidText(offset: 1)),
            .init("62c080", .invalidText(offset: 1)),
            .init("63eda080", .invalidText(offset: 1)),
            .init("64f4908080", .invalidText(offset: 1)),
        ] as [Refusal], [CBORMode.strict, .tolerant])
    func refusesAlways(_ refusal: Refusal, _ mode: CBORMode) {
        #expect(throws: refusal.error) { try CBORValue.decode(refusal.bytes, mode: mode) }
        #expect(throws: refusal.error) { try skip(refusal.bytes, mode: mode) }
    }

    @Test(
        "What is not deterministic is refused in strict mode and taken in tolerant mode",
        arguments: [
            .init("1800", .notShortest(offset: 0)),
            .init("1817", .notShortest(offset: 0)),
            .init("1900ff", .notShortest(offset: 0)),
            .init("1a0000ffff", .notShortest(offset: 0)),
            .init("1b00000000ffffffff", .notShortest(offset: 0)),
            .init("3817", .notShortest(offset: 0)),
            .init("580101", .notShortest(offset: 0)),
            .init("780161", .notShortest(offset: 0)),
            .init("980101", .notShortest(offset: 0)),
            .init("b8010101", .notShortest(offset: 0)),
            .init("d80101", .notShortest(offset: 0)),
            .init("fa3f800000", .notShortest(offset: 0)),
            .init("fb3ff8000000000000", .notShortest(offset: 0)),
            .init("fb36a0000000000000", .notShortest(offset: 0)),
            .init("fa7fc00000", .notShortest(offset: 0)),
            .init("f97e01", .notShortest(offset: 0)),
            .init("f9fe00", .notShortest(offset: 0)),
            .init("9fff", .indefiniteLength(offset: 0)),
            .init("bfff", .indefiniteLength(offset: 0)),
            .init("5fff", .indefiniteLength(offset: 0)),
            .init("7fff", .indefiniteLength(offset: 0)),
            .init("a203010102", .unsortedKey(offset: 3)),
            .init("a22000186400", .unsortedKey(offset: 3)),
            .init("a2616200616100", .unsortedKey(offset: 4)),
            .init("a262616100617a00", .unsortedKey(offset: 5)),
        ] as [Refusal])
    func refusesWhenStrict(_ refusal: Refusal) throws {
        #expect(throws: refusal.error) { try CBORValue.decode(refusal.bytes, mode: .strict) }
        #expect(throws: refusal.error) { try skip(refusal.bytes, mode: .strict) }
        _ = try CBORValue.decode(refusal.bytes, mode: .tolerant)
        try skip(refusal.bytes, mode: .tolerant)
    }

    @Test(
        "Indefinite lengths mean the same as definite ones",
        arguments: [
            ("5f42010243030405ff", .bytes([1, 2, 3, 4, 5])), ("5fff", .bytes([])), ("5f40ff", .bytes([])),
            ("7f657374726561646d696e67ff", "streaming"), ("7fff", ""), ("9fff", []), ("bfff", [:]),
            ("9f01bf6161820203ffff", [1, ["a": [2, 3]]]), ("bf01020304ff", [1: 2, 3: 4]),
        ] as [(String, CBORValue)])
    func readsIndefiniteLengths(_ hexadecimal: String, _ value: CBORValue) throws {
        #expect(try CBORValue.decode([UInt8](hexadecimal: hexadecimal), mode: .tolerant) == value)
    }

    @Test(
        "An indefinite string of wrong chunks is refused",
        arguments: [
            .init("5f6161ff", .unexpectedKind(expected: .bytes, found: .text, offset: 1)),
            .init("7f4161ff", .unexpectedKind(expected: .text, found: .bytes, offset: 1)),
            .init("5f5f4101ffff", .malformedHead(offset: 1)),
            .init("7f61c361a9ff", .invalidText(offset: 2)),
            .init("5f4101", .truncated(offset: 3)),
            .init("9f01", .truncated(offset: 2)),
            .init("bf01", .truncated(offset: 2)),
            .init("bf0102", .truncated(offset: 3)),
        ] as [Refusal])
    func refusesWrongChunks(_ refusal: Refusal) {
        #expect(throws: refusal.error) { try CBORValue.decode(refusal.bytes, mode: .tolerant) }
        #expect(throws: refusal.error) { try skip(refusal.bytes, mode: .tolerant) }
    }

    @Test("In tolerant mode a key in another form is still the same key")
    func seesThroughForms() {
        #expect(throws: CBORError.duplicateKey(offset: 3)) {
            try CBORValue.decode([0xA2, 0x01, 0x02, 0x18, 0x01, 0x03], mode: .tolerant)
        }
        #expect(throws: CBORError.duplicateKey(offset: 3)) {
            var decoder = CBORDecoder([0xA2, 0x01, 0x02, 0x18, 0x01, 0x03], mode: .tolerant)
            try decoder.decodeMap { _, _ in }
        }
    }

    @Test("Text keys that Swift takes for equal are refused, though their bytes differ")
    func kelvinSign() throws {
        let bytes = CBORValue.map([CBORPair(key: "K", value: 1), CBORPair(key: "\u{212A}", value: 2)]).encoded()
        #expect(try CBORValue.decode(bytes)["K"] == 1)
        #expect(throws: CBORError.duplicateKey(offset: 4)) {
            var decoder = CBORDecoder(bytes)
            try decoder.decodeTextMap { _, _ in }
        }
    }

    @Test("An integer that does not fit is refused")
    func integerRange() throws {
        #expect(throws: CBORError.integerOutOfRange(offset: 0)) { try decodeInt64("1b8000000000000000") }
        #expect(throws: CBORError.integerOutOfRange(offset: 0)) { try decodeInt64("3b8000000000000000") }
        #expect(try decodeInt64("3b7fffffffffffffff") == .min)
        #expect(throws: CBORError.integerOutOfRange(offset: 0)) {
            var decoder = CBORDecoder([0x20])
            _ = try decoder.decodeUInt64()
        }
        #expect(throws: CBORError.integerOutOfRange(offset: 0)) {
            var decoder = CBORDecoder([0x19, 0x01, 0x00])
            _ = try decoder.decodeInteger(as: UInt8.self)
        }
        #expect(throws: CBORError.unexpectedKind(expected: .unsigned, found: .text, offset: 0)) {
            try decodeInt64("60")
        }
    }

    @Test("A run of integers is refused where a single one would be")
    func integerRuns() throws {
        let refusals: [Refusal] = [
            .init("8201", .truncated(offset: 0)), .init("8219ff", .truncated(offset: 1)),
            .init("820118", .truncated(offset: 2)), .init("811801", .notShortest(offset: 1)),
            .init("821b000000010000000019", .truncated(offset: 10)),
            .init("811b8000000000000000", .integerOutOfRange(offset: 1)),
            .init("8160", .unexpectedKind(expected: .unsigned, found: .text, offset: 1)),
            .init("811c", .malformedHead(offset: 1)), .init("811f", .malformedHead(offset: 1)),
            .init("81ff", .unexpectedBreak(offset: 1)),
            .init("a0", .unexpectedKind(expected: .array, found: .map, offset: 0)),
        ]
        for refusal in refusals {
            #expect(throws: refusal.error) {
                var decoder = CBORDecoder(refusal.bytes)
                _ = try decoder.decodeIntegers()
            }
        }
        var tolerant = CBORDecoder([0x9F, 0x18, 0x01, 0x20, 0xFF], mode: .tolerant)
        #expect(try tolerant.decodeIntegers() == [1, -1])
        try tolerant.finish()
    }

    @Test("The value of an entry that the caller leaves untouched is skipped, and checked")
    func skipsUntouched() throws {
        let bytes = CBORValue.map([CBORPair(key: 1, value: [1, 2]), CBORPair(key: 2, value: "x")]).encoded()
        var decoder = CBORDecoder(bytes)
        var text: String?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            if key == 2 { text = try value.decodeText() }
        }
        try decoder.finish()
        #expect(text == "x")
        #expect(throws: CBORError.notShortest(offset: 2)) {
            var decoder = CBORDecoder([0xA1, 0x01, 0x18, 0x01])
            try decoder.decodeMap { _, _ in }
        }
    }

    @Test("A tuple has exactly the items that are asked for")
    func tuples() throws {
        func decode(_ hexadecimal: String) throws(CBORError) -> [Int64] {
            var decoder = CBORDecoder([UInt8](hexadecimal: hexadecimal), mode: .tolerant)
            let pair = try decoder.decodeArray(count: 2) { (decoder) throws(CBORError) in
                [try decoder.decodeInt64(), try decoder.decodeInt64()]
            }
            try decoder.finish()
            return pair
        }
        #expect(try decode("820102") == [1, 2])
        #expect(try decode("9f0102ff") == [1, 2])
        #expect(throws: CBORError.unexpectedCount(expected: 2, offset: 0)) { try decode("8101") }
        #expect(throws: CBORError.unexpectedCount(expected: 2, offset: 0)) { try decode("83010203") }
        #expect(throws: CBORError.unexpectedCount(expected: 2, offset: 0)) { try decode("9f010203ff") }
        #expect(throws: CBORError.unexpectedBreak(offset: 2)) { try decode("9f01ff") }
    }

    @Test("An encoded item comes out as it went in")
    func encodedItems() throws {
        var decoder = CBORDecoder([0x82, 0xA1, 0x01, 0x81, 0xF6, 0x05])
        let items = try decoder.decodeArray { (decoder) throws(CBORError) in try decoder.decodeEncodedItem() }
        #expect(items == [[0xA1, 0x01, 0x81, 0xF6], [0x05]])
    }

    @Test("Null is consumed only where it is")
    func optionals() throws {
        var decoder = CBORDecoder([0xF6, 0xF5])
        #expect(try decoder.decodeNullIfPresent())
        #expect(try !decoder.decodeNullIfPresent())
        #expect(try decoder.decodeBool())
        #expect(decoder.isAtEnd)
    }

    private func decodeInt64(_ hexadecimal: String) throws(CBORError) -> Int64 {
        var decoder = CBORDecoder([UInt8](hexadecimal: hexadecimal))
        return try decoder.decodeInt64()
    }

    private func skip(_ bytes: [UInt8], mode: CBORMode) throws(CBORError) {
        var decoder = CBORDecoder(bytes, mode: mode)
        try decoder.skipItem()
        try decoder.finish()
    }
}
