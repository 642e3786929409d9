import CBORCoding
import Testing

private struct Reading: CBORShape, Equatable {
    var name: String
    var samples: [Int64]

    init(name: String, samples: [Int64]) {
        self.name = name
        self.samples = samples
    }

    func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode(1)
        encoder.encode(name)
        encoder.encode(2)
        encoder.encodeIntegers(samples)
    }

    init(from decoder: inout CBORDecoder) throws(CBORError) {
        let start = decoder.offset
        var name: String?
        var samples: [Int64]?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: name = try value.decodeText()
            case 2: samples = try value.decodeIntegers()
            default: throw .unexpectedValue(expected: "a key of a reading", offset: value.offset)
            }
        }
        guard let name, let samples else { throw .unexpectedValue(expected: "name and samples", offset: start) }
        self.init(name: name, samples: samples)
    }
}

@Suite("CBOR shapes")
struct CBORShapeTests {
    @Test("A shape round-trips")
    func roundTrips() throws {
        let reading = Reading(name: "a", samples: [1, -2, 300])
        #expect(try Reading(decoding: reading.encoded()) == reading)
    }

    @Test("A shape refuses what follows it")
    func refusesTrailingBytes() {
        let bytes = Reading(name: "a", samples: []).encoded()
        #expect(throws: CBORError.trailingBytes(offset: bytes.count)) { try Reading(decoding: bytes + [0]) }
    }

    @Test("A shape refuses a missing and an unknown key by its own words")
    func refusesOtherShapes() {
        #expect(throws: CBORError.unexpectedValue(expected: "name and samples", offset: 0)) {
            try Reading(decoding: [0xA1, 0x01, 0x60])
        }
        #expect(throws: CBORError.unexpectedValue(expected: "a key of a reading", offset: 2)) {
            try Reading(decoding: [0xA1, 0x03, 0x60])
        }
    }
}
