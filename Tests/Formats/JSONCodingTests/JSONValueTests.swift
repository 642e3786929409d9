import JSONCoding
import TestSupport
import Testing

@Suite("JSON values")
struct JSONValueTests {
    private let value: JSONValue = [
        "text": "a\"\\/\u{1}\n é😀", "list": [1, 1.0, true, nil], "empty": [[:], []], "small": 1e-7,
    ]

    @Test("The compact form is one line without spaces")
    func compact() {
        #expect(
            value.serialized()
                == #"{"text":"a\"\\/\u0001\n é😀","list":[1,1.0,true,null],"empty":[{},[]],"small":1e-07}"#)
    }

    @Test("The pretty form indents by two spaces")
    func pretty() {
        let value: JSONValue = ["a": [1, [:]], "b": []]
        #expect(
            value.serialized(pretty: true) == """
                {
                  "a": [
                    1,
                    {}
                  ],
                  "b": []
                }
                """)
    }

    @Test("What JSON has no number for becomes null", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(_ number: Double) {
        #expect(JSONValue.number(number).serialized() == "null")
    }

    @Test("Access finds what is there and nothing else")
    func access() {
        #expect(value["list"]?[0]?.integerValue == 1)
        #expect(value["list"]?[1]?.integerValue == nil)
        #expect(value["list"]?[1]?.numberValue == 1)
        #expect(value["list"]?[0]?.numberValue == 1)
        #expect(value["list"]?[2]?.boolValue == true)
        #expect(value["list"]?[3]?.isNull == true)
        #expect(value["list"]?[4] == nil)
        #expect(value["list"]?[-1] == nil)
        #expect(value["none"] == nil)
        #expect(value[0] == nil)
        #expect(value.objectValue?.map(\.name) == ["text", "list", "empty", "small"])
    }

    @Test("What is written reads back the same, compact and pretty", arguments: 0..<20 as Range<UInt64>)
    func roundTrips(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let value = JSONValue.random(depth: 4, using: &generator)
            #expect(try JSONValue.parse(value.serialized()) == value)
            #expect(try JSONValue.parse(value.serialized(pretty: true)) == value)
        }
    }

    @Test("Damaged input is refused or reads back the same")
    func damage() {
        var generator = SeededGenerator(seed: 8259)
        for _ in 0..<20_000 {
            var bytes = Array(JSONValue.random(depth: 2, using: &generator).serialized().utf8)
            bytes[.random(in: 0..<bytes.count, using: &generator)] = UInt8(truncatingIfNeeded: generator.next())
            if let value = try? JSONValue.parse(bytes) {
                #expect((try? JSONValue.parse(value.serialized())) == value)
            }
        }
    }
}

extension JSONValue {
    fileprivate static func random(depth: Int, using generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .integer(generator.integer())
        case 3:
            let number = Double(bitPattern: generator.next())
            return .number(number.isFinite ? number : 0.5)
        case 4: return .string(randomText(using: &generator))
        case 5, 6:
            return .array(
                (0..<Int.random(in: 0..<5, using: &generator)).map { _ in random(depth: depth - 1, using: &generator) })
        default:
            return .object(
                (0..<Int.random(in: 0..<5, using: &generator)).map {
                    JSONMember(
                        name: "\($0)" + randomText(using: &generator),
                        value: random(depth: depth - 1, using: &generator))
                })
        }
    }

    private static func randomText(using generator: inout SeededGenerator) -> String {
        let alphabet: [Unicode.Scalar] = ["a", "\"", "\\", "/", "\u{0}", "\u{1F}", "\n", "é", "水", "😀", "\u{2028}"]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<20, using: &generator) {
            text.append(alphabet.randomElement(using: &generator) ?? "a")
        }
        return String(text)
    }
}
