import CBORCoding
import CORProtocol
import HubCore
import HubStore
import Testing

@Suite("Pruning")
struct PruneTests {
    private let directory: TemporaryDirectory
    private let store: HubStore
    private let everything = RetentionCut(
        recordsBefore: .max, batchesBefore: .max, entriesBefore: .max, auditBefore: .max)

    init() throws {
        directory = try TemporaryDirectory()
        store = try HubStore.open(directory: directory.store)
    }

    private func prune(_ cut: RetentionCut) async throws -> PruneReport {
        try await store.write { store throws(StoreFault) in try store.prune(cut) }
    }

    @Test("Without an accepted receipt nothing is pruned: pending, sent and rejected content stays")
    func nothingWithoutReceipt() async throws {
        try await store.insert(try Samples.record(1))
        try await store.appendAudit()
        #expect(try await prune(everything).isEmpty)
        let batch = try await store.cutBatch()
        #expect(try await prune(everything).isEmpty)
        try await store.answer(batch, .rejected)
        #expect(try await prune(everything).isEmpty)
    }

    @Test("Behind an accepted receipt content goes, and rows with their hashes stay")
    func behindReceipt() async throws {
        let record = try Samples.record(1, length: 500)
        try await store.insert(record)
        let entry = try await store.appendAudit()
        let batch = try await store.cutBatch()
        try await store.answer(batch, .acceptedWithGaps)
        let report = try await prune(everything)
        #expect(report.recordCount == 1 && report.batchCount == 1 && report.auditCount == 1 && !report.hasMore)
        #expect(report.length == 500 + (batch.bytes?.count ?? 0) + entry.encoded().count)
        let stored = try #require(
            try await store.read { store throws(StoreFault) in try store.record(id: record.recordID) })
        #expect(stored.bytes == nil && stored.summary.bytesState == .pruned && stored.summary.length == 500)
        #expect(try await store.insert(record) == .duplicate)
        let head = try await store.read { store throws(StoreFault) in try store.auditHead() }
        #expect(head == AuditHead(sequence: entry.sequence, hash: entry.hash))
        #expect(try await store.verifyAll().isSound)
    }

    @Test("Threat 12: what has its receipt from before the limit goes, whenever a wrong clock said that it was cut")
    func cut() async throws {
        for batch in 1...3 as ClosedRange<UInt64> {
            for index in 0...1 as ClosedRange<UInt64> { try await store.insert(try Samples.record(batch * 2 + index)) }
            // The batches were cut in 1970, and far in the future.
            let cut = try await store.cutBatch(at: batch == 2 ? 4_000_000_000_000 : 1)
            try await store.answer(cut, at: Int64(batch) * 100)
        }
        let first = try await prune(RetentionCut(recordsBefore: 300, countMax: 3))
        #expect(first.recordCount == 3 && first.hasMore)
        let second = try await prune(RetentionCut(recordsBefore: 300, countMax: 3))
        #expect(second.recordCount == 1 && !second.hasMore)
        #expect(try await prune(RetentionCut(recordsBefore: 300, countMax: 3)).isEmpty)
        let left = try await store.read { store throws(StoreFault) in
            try store.records(RecordFilter(order: .oldestFirst))
        }
        #expect(left.map(\.bytesState) == [.pruned, .pruned, .pruned, .pruned, .present, .present])
        #expect(try await store.verifyAll().damages == [])
    }

    @Test("Results and audit entries go each by their own limit")
    func sections() async throws {
        let record = try Samples.record(1)
        try await store.insert(record)
        try await store.write { store throws(StoreFault) in try store.insert(result: Samples.result(of: record)) }
        try await store.appendAudit()
        try await store.answer(try await store.cutBatch())
        let entries = try await prune(RetentionCut(entriesBefore: .max))
        #expect(entries.entryCount == 1 && entries.auditCount == 0 && entries.recordCount == 0)
        let audit = try await prune(RetentionCut(auditBefore: .max))
        #expect(audit.entryCount == 0 && audit.auditCount == 1)
        #expect(try await store.verifyAll().damages == [])
    }

    @Test("Refused bytes go by age and by amount, the oldest first, and their rows stay")
    func quarantine() async throws {
        let serial = try Samples.serial()
        for number in 1...5 as ClosedRange<UInt64> {
            try await store.write { store throws(StoreFault) in
                try store.quarantine(
                    serial: serial, sequence: number, bytes: [UInt8](repeating: 1, count: 100), reason: "signature",
                    time: Samples.time(Int64(number) * 1_000))
            }
        }
        #expect(try await prune(RetentionCut(quarantineBefore: 2_001)).quarantineCount == 2)
        #expect(try await prune(RetentionCut(quarantineLengthMax: 300)).isEmpty)
        let cut = try await prune(RetentionCut(quarantineLengthMax: 299))
        #expect(cut.quarantineCount == 1 && cut.length == 100)
        let kept = try await store.read { store throws(StoreFault) in try store.quarantined() }
        #expect(
            kept.map { $0.bytes == nil } == [false, false, true, true, true] && kept.allSatisfy { $0.length == 100 })
        let status = try await store.read { store throws(StoreFault) in try store.bufferStatus() }
        #expect(status.quarantined == BufferStatus.Amount(count: 2, length: 200))
        #expect(try await store.verifyAll().damages == [])
    }

    @Test("The database itself refuses to lose content without a receipt, or any row")
    func guardedBySQL() async throws {
        try await store.insert(try Samples.record(1))
        _ = try await store.cutBatch()
        await store.close()
        let database = RawDatabase(path: directory.database)
        #expect(throws: RawDatabaseError(message: "not behind an accepted receipt")) {
            try database.run("UPDATE records SET payload = NULL")
        }
        for table in ["records", "items", "state"] {
            #expect(throws: RawDatabaseError(message: "rows stay")) { try database.run("DELETE FROM \(table)") }
        }
    }
}
