import CBORCoding
import CORProtocol
import Testing

@Suite("Audit chain")
struct AuditChainTests {
    @Test("An entry is sealed after its predecessor and after nothing else")
    func sealing() {
        #expect(Samples.firstEntry.isSealed(after: SHA256Hash.zero))
        #expect(Samples.secondEntry.isSealed(after: Samples.firstEntry))
        #expect(!Samples.secondEntry.isSealed(after: SHA256Hash.zero))
        #expect(!Samples.firstEntry.isSealed(after: Samples.secondEntry))
    }

    @Test("An entry that was changed in any of its fields is not sealed")
    func tampering() throws {
        let changes: [(key: Int64, value: CBORValue)] = [
            (1, 3), (2, .bytes(Array(repeating: 1, count: 32))), (3, "stop"), (5, "COR1-000043"), (6, "failed"),
            (8, "18"), (9, .bytes(Array(repeating: 0, count: 32))),
        ]
        let value = try CBORValue.decode(Samples.secondEntry.encoded())
        for change in changes {
            let entry = try AuditEntry(decoding: value.changed([.integer(change.key)], to: change.value).encoded())
            #expect(!entry.isSealed(after: Samples.firstEntry), "key \(change.key)")
        }
    }

    @Test("A batch with a hole in its audit entries is refused")
    func hole() throws {
        var batch = try Samples.batch()
        let third = AuditEntry.sealing(
            sequence: 3, previousHash: Samples.secondEntry.hash, type: .stop, actor: Samples.actor, subject: "corhub",
            outcome: "ok", time: Samples.time(9))
        batch.audit.append(third)
        #expect(try Batch(decoding: batch.encoded()) == batch)
        batch.audit.remove(at: 1)
        #expect(throws: CBORError.self) { try Batch(decoding: batch.encoded()) }
    }
}
