import CBORCoding
import TestSupport
import Testing

@Suite("CBOR encoder")
struct CBOREncoderTests {
    @Test(
        "An integer takes its shortest form at every boundary",
        arguments: [
            (0, "00"), (23, "17"), (24, "1818"), (255, "18ff"), (256, "190100"), (65535, "19ffff"),
            (65536, "1a00010000"), (4_294_967_295, "1affffffff"), (4_294_967_296, "1b0000000100000000"),
            (Int64.max, "1b7fffffffffffffff"), (-1, "20"), (-24, "37"), (-25, "3818"), (-256, "38ff"),
            (-257, "390100"), (-65536, "39ffff"), (-65537, "3a00010000"), (Int64.min, "3b7fffffffffffffff"),
        ] as [(Int64, String)])
    func integers(_ value: Int64, _ hexadecimal: String) {
        var encoder = CBOREncoder()
        encoder.encode(value)
        #expect(encoder.bytes.hexadecimal == hexadecimal)
        var run = CBOREncoder()
        run.encodeIntegers([value])
        #expect(run.bytes.hexadecimal == "81" + hexadecimal)
    }

    @Test(
        "A float takes the shortest width that keeps it",
        arguments: [
            (0.0, "f90000"), (-0.0, "f98000"), (65504, "f97bff"), (65505, "fa477fe100"), (0x1p-24, "f90001"),
            (0x1p-25, "fa33000000"), (3.4028234663852886e38, "fa7f7fffff"),
            (3.4028234663852889e38, "fb47efffffe0000001"),
            (0.1, "fb3fb999999999999a"), (.infinity, "f97c00"), (-.infinity, "f9fc00"), (.nan, "f97e00"),
            (-.nan, "f97e00"), (.signalingNaN, "f97e00"),
        ] as [(Double, String)])
    func floats(_ value: Double, _ hexadecimal: String) {
        var encoder = CBOREncoder()
        encoder.encode(value)
        #expect(encoder.bytes.hexadecimal == hexadecimal)
    }

    @Test("A value's map keys are sorted bytewise, not by length first")
    func sortsKeys() {
        // RFC 8949 §4.2.1's own example.
        let map: CBORValue = [
            .bool(false): 8, [-1]: 7, [100]: 6, "aa": 5, "z": 4, -1: 3, 100: 2, 10: 1,
        ]
        #expect(map.encoded().hexadecimal == "a80a011864022003617a046261610581186406812007f408")
    }

    @Test("The parts written one by one are the value written at once")
    func streams() {
        var encoder = CBOREncoder()
        encoder.beginMap(count: 5)
        encoder.encode(0)
        encoder.beginArray(count: 0)
        encoder.encode(1)
        encoder.beginMap(count: 1)
        encoder.encode("k")
        encoder.encode(bytes: [1, 2])
        encoder.encode(2)
        encoder.encodeTag(1)
        encoder.encode(1.5)
        encoder.encode(UInt64.max)
        encoder.append(encodedItem: CBORValue.array([.null, .undefined, .simple(32)]).encoded())
        encoder.encode(-1)
        encoder.encodeIntegers([1, -1])
        let value: CBORValue = [
            0: [], 1: ["k": .bytes([1, 2])], 2: .tag(1, 1.5), .unsigned(.max): [.null, .undefined, .simple(32)],
            -1: [1, -1],
        ]
        #expect(encoder.bytes == value.encoded())
    }

    #if DEBUG
    @Test("Keys out of order stop a debug build")
    func assertsOrder() async {
        await #expect(processExitsWith: .failure) {
            var encoder = CBOREncoder()
            encoder.beginMap(count: 2)
            encoder.encode(1)
            encoder.encode(true)
            encoder.encode(0)
        }
    }
    #endif

    @Test("A map that holds a key twice stops the program")
    func refusesDuplicates() async {
        await #expect(processExitsWith: .failure) {
            _ = CBORValue.map([CBORPair(key: 1, value: 1), CBORPair(key: 1, value: 2)]).encoded()
        }
    }
}
