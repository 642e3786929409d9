import CBORCoding
import TestSupport
import Testing

@Suite("CBOR limits")
struct CBORLimitsTests {
    @Test("Nesting is taken at the limit and refused one deeper", arguments: [CBORMode.strict, .tolerant])
    func depth(_ mode: CBORMode) throws {
        let limits = CBORLimits(depthMax: 3)
        for opening: [UInt8] in [[0x81], [0xC1], [0xA1, 0x00]] {
            let atLimit = Array([opening, opening, opening].joined()) + [0x00]
            _ = try CBORValue.decode(atLimit, mode: mode, limits: limits)
            try skip(atLimit, mode: mode, limits: limits)
            let over = opening + atLimit
            let refusal = CBORError.depthLimitExceeded(offset: 4 * opening.count - (opening.count - 1))
            #expect(throws: refusal) { try CBORValue.decode(over, mode: mode, limits: limits) }
            #expect(throws: refusal) { try skip(over, mode: mode, limits: limits) }
        }
    }

    @Test("A run of integers counts as a level")
    func depthOfRuns() throws {
        var flat = CBORDecoder([0x81, 0x01], limits: .init(depthMax: 0))
        #expect(throws: CBORError.depthLimitExceeded(offset: 1)) { try flat.decodeIntegers() }
    }

    @Test("A million open containers are refused, not followed")
    func deepNesting() {
        for opening: UInt8 in [0x81, 0x9F, 0xC1, 0xBF] {
            #expect(throws: CBORError.self) {
                try CBORValue.decode(Array(repeating: opening, count: 1_000_000), mode: .tolerant)
            }
        }
    }

    @Test("As many items as the limit are taken, and one more is refused")
    func itemCount() throws {
        let limits = CBORLimits(itemCountMax: 4)
        for atLimit in ["83010203", "9f010203ff", "a10181f6", "82c10100"] {
            _ = try CBORValue.decode([UInt8](hexadecimal: atLimit), mode: .tolerant, limits: limits)
        }
        for over in ["8401020304", "9f01020304ff", "a10182f6f6", "82c1c10100", "a201020304", "8381018101f6"] {
            #expect(throws: CBORError.self, "\(over)") {
                try CBORValue.decode([UInt8](hexadecimal: over), mode: .tolerant, limits: limits)
            }
        }
        var run = CBORDecoder([0x83, 1, 2, 3], limits: limits)
        #expect(try run.decodeIntegers() == [1, 2, 3])
        var longRun = CBORDecoder([0x84, 1, 2, 3, 4], limits: limits)
        #expect(throws: CBORError.itemCountLimitExceeded(offset: 0)) { try longRun.decodeIntegers() }
    }

    @Test("Runs of integers add up to the limit of the whole input")
    func itemCountAddsUp() {
        var decoder = CBORDecoder([0x82, 0x82, 1, 2, 0x82, 3, 4], limits: .init(itemCountMax: 6))
        #expect(throws: CBORError.itemCountLimitExceeded(offset: 4)) {
            try decoder.decodeArray { (decoder) throws(CBORError) in try decoder.decodeIntegers() }
        }
    }

    @Test("A string of the limit's length is taken, and a longer one is refused before it is read")
    func stringLength() throws {
        let limits = CBORLimits(stringLengthMax: 3)
        for atLimit in ["43010203", "63616263", "5f4101420203ff", "7f6161626263ff"] {
            let bytes = [UInt8](hexadecimal: atLimit)
            _ = try CBORValue.decode(bytes, mode: .tolerant, limits: limits)
            try skip(bytes, mode: .tolerant, limits: limits)
        }
        for (over, offset) in [("44", 0), ("64", 0), ("5f4201024203", 4), ("7f6261626263", 4)] {
            let bytes = [UInt8](hexadecimal: over)
            let refusal = CBORError.stringLengthLimitExceeded(offset: offset)
            #expect(throws: refusal) { try CBORValue.decode(bytes, mode: .tolerant, limits: limits) }
            #expect(throws: refusal) { try skip(bytes, mode: .tolerant, limits: limits) }
        }
    }

    @Test(
        "A head that claims what the input cannot hold allocates nothing",
        arguments: ["9b1000000000000000", "bb1000000000000000", "9bffffffffffffffff", "bbffffffffffffffff"])
    func hugeClaims(_ hexadecimal: String) {
        let bytes = [UInt8](hexadecimal: hexadecimal)
        #expect(throws: CBORError.itemCountLimitExceeded(offset: 0)) { try CBORValue.decode(bytes) }
        let unlimited = CBORLimits(depthMax: .max, itemCountMax: .max, stringLengthMax: .max)
        #expect(throws: CBORError.self) { try CBORValue.decode(bytes, limits: unlimited) }
        #expect(throws: CBORError.self) {
            var decoder = CBORDecoder(bytes, limits: unlimited)
            _ = try decoder.decodeIntegers()
        }
    }

    @Test("A string head that claims what the input cannot hold allocates nothing", arguments: ["5b", "7b"])
    func hugeStrings(_ head: String) {
        let unlimited = CBORLimits(stringLengthMax: .max)
        for length in ["1000000000000000", "ffffffffffffffff"] {
            #expect(throws: CBORError.self) {
                try CBORValue.decode([UInt8](hexadecimal: head + length), limits: unlimited)
            }
        }
    }

    private func skip(_ bytes: [UInt8], mode: CBORMode, limits: CBORLimits) throws(CBORError) {
        var decoder = CBORDecoder(bytes, mode: mode, limits: limits)
        try decoder.skipItem()
        try decoder.finish()
    }
}
