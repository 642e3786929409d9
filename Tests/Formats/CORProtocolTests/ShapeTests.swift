import CBORCoding
import CORProtocol
import Testing

@Suite("Shapes of the device profile")
struct ShapeTests {
    @Test("Every shape reads what it wrote")
    func roundTrip() throws {
        for (rule, shape) in try Samples.all() {
            #expect(try isRewritten(shape), "\(rule)")
        }
    }

    @Test("Every map refuses a key that its rule does not know, and bytes behind it")
    func unknownKeys() throws {
        for (rule, shape) in try Samples.all() {
            let value = try CBORValue.decode(shape.encoded())
            guard case .map(let pairs) = value else { continue }
            let key: CBORValue = pairs.first?.key.integer == nil ? "zzz" : .integer(99)
            let bytes = value.changed([key], to: .null).encoded()
            #expect(refusal(of: type(of: shape), bytes)?.isUnknownKey == true, "\(rule)")
            #expect(refusal(of: type(of: shape), shape.encoded() + [0]) != nil, "\(rule)")
        }
    }

    @Test("Every map refuses to be without a key, unless its rule calls the key optional")
    func missingKeys() throws {
        let optional: [String: Set<CBORValue>] = [
            "cartridge": [.integer(3)], "self-test-item": [.integer(3)], "audit-actor": [.integer(2), .integer(3)],
            "attestation-payload": [.integer(6)], "firmware-event": [.integer(5)], "attest-request": ["state"],
            "software": [.integer(4)],
            "record-list-request": ["max"], "record-read-request": ["max"], "record-acknowledge-request": ["proof"],
        ]
        for (rule, shape) in try Samples.all() {
            let value = try CBORValue.decode(shape.encoded())
            guard case .map(let pairs) = value else { continue }
            for pair in pairs {
                let bytes = value.changed([pair.key], to: nil).encoded()
                let isOptional = optional[rule]?.contains(pair.key) == true
                #expect((refusal(of: type(of: shape), bytes) == nil) == isOptional, "\(rule) without \(pair.key)")
            }
        }
    }

    @Test("No prefix of a shape is a shape")
    func truncation() throws {
        for (rule, shape) in try Samples.all() {
            let bytes = shape.encoded()
            for length in bytes.indices {
                #expect(refusal(of: type(of: shape), Array(bytes[..<length])) != nil, "\(rule) cut to \(length)")
            }
        }
    }

    @Test("Messages over SMP are read in any order and with indefinite lengths")
    func tolerance() throws {
        let indefinite: [UInt8] = [0xBF, 0x62, 0x6F, 0x6E, 0xF5, 0xFF]
        #expect(try LiveResponse(decoding: indefinite, mode: .tolerant) == LiveResponse(isOn: true))
        #expect(throws: CBORError.indefiniteLength(offset: 0)) { try LiveResponse(decoding: indefinite) }
    }

    @Test("A detail that is too long is cut at a character, never refused")
    func clipping() throws {
        var gap = try Samples.gap()
        gap = Gap(
            serial: gap.serial, first: 1, last: 1, reason: .lost, noticed: gap.noticed,
            detail: String(repeating: "é", count: 200))
        #expect(gap.detail == String(repeating: "é", count: 128))
        let entry = AuditEntry.sealing(
            sequence: 1, previousHash: .zero, type: .gap, actor: Samples.actor, subject: "x", outcome: "ok",
            time: Samples.time(), detail: String(repeating: "e", count: 1023) + "é")
        #expect(entry.detail.utf8.count == 1023)
        #expect(try AuditEntry(decoding: entry.encoded()) == entry)
    }

    private func isRewritten<Shape: CBORShape & Hashable>(_ shape: Shape) throws -> Bool {
        try Shape(decoding: shape.encoded()) == shape
    }

    private func refusal(of type: any CBORShape.Type, _ bytes: [UInt8]) -> CBORError? {
        do throws(CBORError) {
            _ = try type.rewritten(bytes)
            return nil
        } catch {
            return error
        }
    }
}

extension CBORError {
    fileprivate var isUnknownKey: Bool {
        if case .unexpectedValue(expected: "a known key", offset: _) = self { true } else { false }
    }
}
