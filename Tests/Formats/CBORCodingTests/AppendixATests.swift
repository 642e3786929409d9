import CBORCoding
import JSONCoding
import TestSupport
import Testing

/// The examples of RFC 8949, appendix A: firmware-specs/vectors/cbor.
@Suite("RFC 8949, appendix A")
struct AppendixATests {
    struct Example: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let isRoundTrip: Bool
        let decoded: JSONValue?

        var testDescription: String { bytes.hexadecimal }
    }

    /// RFC 7049 had this as simple(24); RFC 8949 §3.3 took the two-byte form away below 32.
    private static let withdrawn: [UInt8] = [0xF8, 0x18]

    /// The examples that the file gives in diagnostic notation, which JSON cannot express.
    private static let undecoded: [String: CBORValue] = [
        "f97c00": .float(.infinity), "f97e00": .float(.nan), "f9fc00": .float(-.infinity),
        "fa7f800000": .float(.infinity), "fa7fc00000": .float(.nan), "faff800000": .float(-.infinity),
        "fb7ff0000000000000": .float(.infinity), "fb7ff8000000000000": .float(.nan),
        "fbfff0000000000000": .float(-.infinity),
        "f7": .undefined, "f0": .simple(16), "f8ff": .simple(255),
        "c074323031332d30332d32315432303a30343a30305a": .tag(0, "2013-03-21T20:04:00Z"),
        "c11a514b67b0": .tag(1, 1_363_896_240), "c1fb41d452d9ec200000": .tag(1, 1_363_896_240.5),
        "d74401020304": .tag(23, .bytes([1, 2, 3, 4])),
        "d818456449455446": .tag(24, .bytes([0x64, 0x49, 0x45, 0x54, 0x46])),
        "d82076687474703a2f2f7777772e6578616d706c652e636f6d": .tag(32, "http://www.example.com"),
        "40": .bytes([]), "4401020304": .bytes([1, 2, 3, 4]), "a201020304": [1: 2, 3: 4],
        "5f42010243030405ff": .bytes([1, 2, 3, 4, 5]),
    ]

    static let examples: [Example] = {
        guard let file = try? PackageFolder.vector("cbor/appendix_a.json"),
            let list = try? JSONValue.parse(file).arrayValue
        else { return [] }
        return list.map { entry in
            Example(
                bytes: [UInt8](hexadecimal: entry["hex"]?.stringValue ?? ""),
                isRoundTrip: entry["roundtrip"]?.boolValue ?? false,
                decoded: entry["decoded"])
        }
    }()

    @Test("The file holds its 82 examples")
    func isComplete() {
        #expect(Self.examples.count == 82)
    }

    @Test("An example decodes to its value in tolerant mode", arguments: examples)
    func decodes(_ example: Example) throws {
        guard example.bytes != Self.withdrawn else {
            #expect(throws: CBORError.malformedHead(offset: 0)) { try CBORValue.decode(example.bytes, mode: .tolerant) }
            return
        }
        let value = try CBORValue.decode(example.bytes, mode: .tolerant)
        if let decoded = example.decoded {
            #expect(value.agrees(with: decoded))
        } else {
            #expect(value == Self.undecoded[example.bytes.hexadecimal])
        }
    }

    @Test("An example that round-trips is what we encode, and strict mode takes it", arguments: examples)
    func encodes(_ example: Example) throws {
        guard example.isRoundTrip, example.bytes != Self.withdrawn else { return }
        #expect(try CBORValue.decode(example.bytes, mode: .strict).encoded() == example.bytes)
    }

    @Test("An example that does not round-trip is refused in strict mode", arguments: examples)
    func refuses(_ example: Example) {
        guard !example.isRoundTrip else { return }
        #expect(throws: CBORError.self) { try CBORValue.decode(example.bytes, mode: .strict) }
    }
}

extension CBORValue {
    /// Whether this is what the JSON form of an example says; JSON numbers tell no integer from a float.
    fileprivate func agrees(with json: JSONValue) -> Bool {
        switch self {
        case .unsigned(let value): json.numberValue == Double(value)
        case .negative(let value): json.numberValue == -1 - Double(value)
        case .float(let value): json.numberValue == value
        case .tag(2, .bytes(let bytes)): json.numberValue == bytes.reduce(0) { $0 * 256 + Double($1) }
        case .tag(3, .bytes(let bytes)): json.numberValue == -1 - bytes.reduce(0) { $0 * 256 + Double($1) }
        case .text(let value): json == .string(value)
        case .bool(let value): json == .bool(value)
        case .null: json == .null
        case .array(let elements):
            json.arrayValue?.count == elements.count
                && zip(elements, json.arrayValue ?? []).allSatisfy { $0.agrees(with: $1) }
        case .map(let pairs):
            json.objectValue?.count == pairs.count
                && pairs.allSatisfy { pair in
                    pair.key.textValue.flatMap { json[$0] }.map { pair.value.agrees(with: $0) } ?? false
                }
        case .bytes, .tag, .undefined, .simple: false
        }
    }

}
