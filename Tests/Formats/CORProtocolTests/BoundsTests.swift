import CBORCoding
import CORProtocol
import Testing

/// One field of one shape: what it takes at its limits, and what it refuses next to them.
struct Bound: Sendable, CustomTestStringConvertible {
    let rule: String
    let path: [CBORValue]
    let accepted: [CBORValue]
    let refused: [CBORValue]

    var testDescription: String { "\(rule) \(path)" }

    /// An integer from `low` to `high`.
    static func integer(_ rule: String, _ path: CBORValue..., in range: ClosedRange<Int64>) -> Bound {
        let above = range.upperBound == .max ? .unsigned(1 << 63) : CBORValue.integer(range.upperBound + 1)
        let below = range.lowerBound == .min ? .negative(1 << 63) : CBORValue.integer(range.lowerBound - 1)
        return Bound(
            rule: rule, path: path, accepted: [.integer(range.lowerBound), .integer(range.upperBound)],
            refused: [below, above, .float(1), "1"])
    }

    static func text(_ rule: String, _ path: CBORValue..., length: ClosedRange<Int>) -> Bound {
        let refused: [CBORValue] = [
            .text(text(length.upperBound + 1)), .bytes(Array(repeating: 0x61, count: length.upperBound)),
        ]
        return Bound(
            rule: rule, path: path, accepted: [.text(text(length.lowerBound)), .text(text(length.upperBound))],
            refused: refused + (length.lowerBound > 0 ? [.text(text(length.lowerBound - 1))] : []))
    }

    static func bytes(_ rule: String, _ path: CBORValue..., length: ClosedRange<Int>) -> Bound {
        func bytes(_ count: Int) -> CBORValue { .bytes(Array(repeating: 7, count: count)) }
        return Bound(
            rule: rule, path: path, accepted: [bytes(length.lowerBound), bytes(length.upperBound)],
            refused: [bytes(length.upperBound + 1), "text"]
                + (length.lowerBound > 0 ? [bytes(length.lowerBound - 1)] : []))
    }

    static func array(
        _ rule: String, _ path: CBORValue..., count: ClosedRange<Int>, of element: CBORValue
    ) -> Bound {
        func array(_ count: Int) -> CBORValue { .array(Array(repeating: element, count: count)) }
        return Bound(
            rule: rule, path: path, accepted: [array(count.lowerBound), array(count.upperBound)],
            refused: [array(count.upperBound + 1)] + (count.lowerBound > 0 ? [array(count.lowerBound - 1)] : []))
    }

    /// Two bytes a character, so that bytes are counted and not characters.
    private static func text(_ length: Int) -> String {
        String(repeating: "é", count: length / 2) + (length.isMultiple(of: 2) ? "" : "e")
    }
}

@Suite("Bounds of the CDDL")
struct BoundsTests {
    private static let unix: ClosedRange<Int64> = 0...253_402_300_799_999
    private static let uint32: ClosedRange<Int64> = 0...4_294_967_295
    private static let milli: ClosedRange<Int64> = -1_000_000...1_000_000

    private static let selfTestItem: CBORValue = .map([
        CBORPair(key: 1, value: "optics"), CBORPair(key: 2, value: .bool(true)),
    ])

    static let record: [Bound] = [
        .integer("record-payload", 1, in: 1...1), .integer("record-payload", 3, in: uint32),
        .integer("record-payload", 4, in: 1...Int64.max), .integer("record-payload", 6, 1, in: 0...Int64.max),
        .integer("record-payload", 6, 2, in: unix), .text("sedimentation-run", 3, length: 1...64),
        .integer("sedimentation-run", 5, in: 100...600_000),
        .integer("sedimentation-run", 6, 0, in: -200_000...200_000),
        .array("sedimentation-run", 6, count: 0...20_000, of: .null), .integer("sedimentation-run", 9, in: 1...4),
        .integer("record-kind", in: 1...3), .text("cartridge", 1, length: 1...64),
        .text("cartridge", 2, length: 1...64), .integer("cartridge", 3, in: unix), .text("geometry", 1, length: 1...64),
        .integer("geometry", 2, in: 5000...300_000), .integer("geometry", 3, in: 1...1000),
        .integer("start-event", 2, in: 0...3_600_000), .integer("trace", 1, in: 100...3_600_000),
        .integer("trace", 2, 0, in: milli), .array("trace", 2, count: 0...20_000, of: .integer(-9)),
        .array("self-test-record", 2, count: 0...32, of: selfTestItem), .text("self-test-item", 1, length: 1...64),
        .text("self-test-item", 3, length: 0...256), .array("log-excerpt", 1, count: 0...256, of: ""),
        .text("log-excerpt", 1, 0, length: 0...256), .bytes("attestation-payload", 1, length: 32...32),
        .integer("attestation-payload", 5, in: uint32), .integer("device-state", 3, in: uint32),
        .integer("device-state", 4, in: uint32), .integer("device-state", 5, in: 0...Int64.max),
        .text("slot-image", 2, length: 1...32), .integer("slot-image", 3, in: 1...4), .integer("slot-state", in: 1...4),
        .text("undone-image", 2, length: 1...64), .bytes("time-block", 1, length: 16...16),
        .integer("time-block", 2, in: 0...Int64.max), .integer("time-block", 3, in: unix),
        .integer("time-block", 4, in: 0...2), .text("subject-id", length: 1...64), .bytes("sha256", length: 32...32),
        .bytes("epoch", length: 16...16),
    ]

    static let batch: [Bound] = [
        .bytes("record-item", 4, length: 1...1_048_576), .integer("record-item", 10, in: Int64.min...Int64.max),
        .integer("gap", 3, in: 15...Int64.max), .integer("gap", 4, in: 1...6), .text("gap", 6, length: 0...256),
        .text("algorithm", 1, length: 1...64), .text("algorithm", 2, length: 1...32),
        .text("algorithm", 4, length: 1...64), .integer("esr-output", 1, in: 1...3),
        .array("esr-output", 2, count: 0...32, of: "a"), .text("esr-output", 2, 0, length: 1...64),
        .integer("esr-output", 5, in: 0...Int64.max), .integer("esr-interval", 0, in: Int64.min...1730),
        .integer("esr-interval", 1, in: 1210...Int64.max), .text("device-event", 2, length: 1...64),
        .text("device-event", 4, length: 0...256), .text("firmware-event", 2, length: 1...64),
        .text("firmware-event", 4, length: 0...256), .bytes("device-evidence", 0, length: 1...1024),
        .array("device-evidence", 1, count: 1...4, of: .bytes([1])),
        .bytes("device-evidence", 1, 0, length: 1...2048), .text("software", 1, length: 1...64),
        .bytes("software", 2, length: 0...64), .integer("merkle-root", 2, in: 0...Int64.max),
        .text("audit-actor", 1, length: 1...64), .integer("audit-actor", 2, in: 0...Int64.max),
        .text("audit-actor", 3, length: 1...64), .text("audit-entry", 5, length: 0...128),
        .text("audit-entry", 6, length: 1...32), .text("audit-entry", 8, length: 0...1024),
        .bytes("receipt", 7, length: 1...8192), .integer("receipt", 8, in: unix),
        .text("receipt", 10, length: 0...256), .integer("receipt", 11, in: 1...Int64.max),
        .text("model", 2, length: 1...64), .integer("model", 3, in: 1...1_000_000),
        .text("model", 4, length: 1...64), .integer("model", 5, in: 0...500),
        .integer("recalls", 2, in: 1...Int64.max), .integer("recalls", 3, in: unix),
        .array("inclusion-proof", 2, count: 0...63, of: .bytes(Array(repeating: 1, count: 32))),
    ]

    static let group64: [Bound] = [
        .text("identity-response", "model", length: 1...64), .text("identity-response", "hw", length: 1...32),
        .text("identity-response", "fw", length: 1...32), .integer("identity-response", "proto", in: uint32),
        .integer("identity-response", "boot", in: uint32),
        .array("identity-response", "chain", count: 0...4, of: .bytes([1])),
        .bytes("identity-response", "chain", 0, length: 1...2048),
        .array("identity-response", "cap", count: 0...32, of: "esr"),
        .text("identity-response", "cap", 0, length: 1...32),
        .bytes("attest-request", "nonce", length: 32...32), .bytes("attest-response", "att", length: 1...1024),
        .integer("clock-set-request", "ms", in: unix), .integer("clock-response", "up", in: 0...Int64.max),
        .integer("record-list-request", "from", in: 0...Int64.max), .integer("record-list-request", "max", in: 1...256),
        .integer("record-entry", "size", in: 0...1_048_576), .integer("record-read-request", "off", in: 0...1_048_576),
        .integer("record-read-request", "max", in: 1...65_535),
        .integer("record-read-response", "len", in: 514...1_048_576),
        .integer("record-acknowledge-request", "upto", in: 0...Int64.max),
        .integer("status-response", "bat", in: 0...100), .integer("status-response", "temp", in: milli),
        .text("status-response", "cart", length: 1...64),
        .array("status-response", "faults", count: 0...32, of: "tilt"),
        .text("status-response", "faults", 0, length: 1...64), .integer("identify-request", "s", in: 1...60),
        .text("live-event", "run", length: 1...64), .integer("live-event", "i", in: 0...20_000),
        .integer("live-event", "z", in: -200_000...200_000), .integer("live-event", "period", in: 100...600_000),
        .integer("record-ready-event", "seq", in: 1...Int64.max),
    ]

    @Test("A field takes its limits and refuses what lies beyond", arguments: record + batch + group64)
    func bound(_ bound: Bound) throws {
        let sample = try #require(try Samples.all()[bound.rule])
        let value = try CBORValue.decode(sample.encoded())
        for accepted in bound.accepted {
            let bytes = value.changed(bound.path, to: accepted).encoded()
            #expect(try type(of: sample).rewritten(bytes) == bytes)
        }
        for refused in bound.refused {
            let bytes = value.changed(bound.path, to: refused).encoded()
            #expect(throws: CBORError.self) { try type(of: sample).rewritten(bytes) }
        }
    }

    @Test("Identifiers have their alphabet and their length")
    func identifiers() {
        for text in ["COR1", String(repeating: "A", count: 32), "0-9-", "A---"] { #expect(DeviceSerial(text) != nil) }
        for text in ["COR", String(repeating: "A", count: 33), "-COR1", "cor1", "COR1 ", "CÖR1", "COR1\n", ""] {
            #expect(DeviceSerial(text) == nil)
        }
        for text in ["hub1", String(repeating: "z", count: 64), "0--a"] { #expect(HubID(text) != nil) }
        for text in ["hub", String(repeating: "z", count: 65), "-hub", "Hub1", "hub_1", ""] {
            #expect(HubID(text) == nil)
        }
        #expect(SHA256Hash(hex: String(repeating: "0", count: 64)) == .zero)
        #expect(SHA256Hash(hex: String(repeating: "0", count: 63)) == nil)
        #expect(Epoch(hex: "000102030405060708090A0B0C0D0E0F")?.hex == "000102030405060708090a0b0c0d0e0f")
    }

    @Test("A batch takes 1000 items of a kind and not 1001")
    func items() throws {
        var batch = try Samples.batch()
        batch.gaps = Array(repeating: try Samples.gap(), count: 1000)
        #expect(try Batch(decoding: batch.encoded()) == batch)
        batch.gaps.append(try Samples.gap())
        #expect(throws: CBORError.self) { try Batch(decoding: batch.encoded()) }
    }

    @Test("A list of records takes 256 that ascend, and not 257")
    func list() throws {
        func list(_ count: UInt64) -> RecordListResponse {
            RecordListResponse(
                records: (1...count).map {
                    RecordEntry(sequence: $0, length: 1, kind: .selfTest, hash: .zero)
                }, hasMore: true)
        }
        #expect(try RecordListResponse(decoding: list(256).encoded()) == list(256))
        #expect(throws: CBORError.self) { try RecordListResponse(decoding: list(257).encoded()) }
    }
}
