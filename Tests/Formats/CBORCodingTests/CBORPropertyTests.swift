import CBORCoding
import TestSupport
import Testing

@Suite("CBOR properties")
struct CBORPropertyTests {
    @Test("What is encoded decodes to an equal value in both modes", arguments: 0..<20 as Range<UInt64>)
    func roundTrips(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let value = CBORValue.random(using: &generator)
            let bytes = value.encoded()
            let decoded = try CBORValue.decode(bytes)
            #expect(decoded.encoded() == bytes)
            #expect(try CBORValue.decode(bytes, mode: .tolerant) == decoded)
            var decoder = CBORDecoder(bytes)
            #expect(try decoder.decodeEncodedItem() == bytes)
        }
    }

    @Test("A run of integers round-trips on the fast path and one by one", arguments: 0..<10 as Range<UInt64>)
    func integerRuns(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let values = (0..<2_000).map { _ in generator.integer() }
        var fast = CBOREncoder()
        fast.encodeIntegers(values)
        var slow = CBOREncoder()
        slow.beginArray(count: values.count)
        for value in values { slow.encode(value) }
        #expect(fast.bytes == slow.bytes)
        var decoder = CBORDecoder(fast.bytes)
        #expect(try decoder.decodeIntegers() == values)
        #expect(decoder.isAtEnd)
        var oneByOne = CBORDecoder(fast.bytes)
        #expect(try oneByOne.decodeArray { (decoder) throws(CBORError) in try decoder.decodeInt64() } == values)
    }

    @Test("Damaged input is refused, or is a value that strict mode encodes to the same bytes")
    func damage() {
        var generator = SeededGenerator(seed: 8949)
        for _ in 0..<20_000 {
            var bytes = CBORValue.random(depth: 2, using: &generator).encoded()
            for _ in 0..<Int.random(in: 0..<3, using: &generator) {
                bytes[.random(in: 0..<bytes.count, using: &generator)] = UInt8(truncatingIfNeeded: generator.next())
            }
            bytes.removeLast(.random(in: 0..<2, using: &generator))
            if let value = try? CBORValue.decode(bytes) {
                #expect(value.encoded() == bytes)
            }
            if let value = try? CBORValue.decode(bytes, mode: .tolerant) {
                #expect((try? CBORValue.decode(value.encoded()))?.encoded() == value.encoded())
            }
        }
    }

    @Test("Equal values are those with equal encodings")
    func equality() {
        #expect(CBORValue.float(.nan) == .float(-.nan))
        #expect(Set([CBORValue.float(.nan), .float(.signalingNaN)]).count == 1)
        #expect(CBORValue.float(0.0) != .float(-0.0))
        #expect(CBORValue.text("K") != .text("\u{212A}"))
        #expect(CBORValue.integer(-1) == .negative(0))
        #expect(CBORValue.integer(.min).integer == .min)
        #expect(CBORValue.unsigned(.max).integer == nil)
        #expect(CBORValue.negative(.max).integer == nil)
    }
}
