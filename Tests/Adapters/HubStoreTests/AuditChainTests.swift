import CORProtocol
import HubCore
import HubStore
import Testing

@Suite("The audit chain")
struct AuditChainTests {
    @Test("Each entry continues the one before, across openings")
    func chain() async throws {
        let directory = try TemporaryDirectory()
        var entries: [AuditEntry] = []
        for _ in 1...2 {
            let store = try HubStore.open(directory: directory.store)
            for number in 1...3 { entries.append(try await store.appendAudit("item \(number)")) }
            await store.close()
        }
        let store = try HubStore.open(directory: directory.store)
        #expect(entries.map(\.sequence) == [1, 2, 3, 4, 5, 6])
        var previous = SHA256Hash.zero
        for entry in entries {
            #expect(entry.isSealed(after: previous))
            previous = entry.hash
        }
        let stored = try await store.read { store throws(StoreFault) in try store.audit(from: 4, countMax: 2) }
        #expect(stored == Array(entries[3...4]))
        let report = try await store.verifyAll()
        #expect(report.isSound && report.auditEntryCount == 6)
    }

    @Test("Entries of one commit continue each other, and one that was rolled back leaves no trace")
    func rollback() async throws {
        let directory = try TemporaryDirectory()
        let store = try HubStore.open(directory: directory.store)
        try await store.appendAudit()
        await #expect(throws: StoreFault.refused(.constraint)) {
            try await store.write { store throws(StoreFault) in
                try store.appendAudit(
                    type: .stop, actor: AuditActor(component: "test"), subject: "", outcome: "ok",
                    time: Samples.time())
                throw .refused(.constraint)
            }
        }
        let entry = try await store.appendAudit()
        #expect(entry.sequence == 2)
        #expect(try await store.verifyAll().isSound)
    }
}
