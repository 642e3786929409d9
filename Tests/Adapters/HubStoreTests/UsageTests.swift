import CORProtocol
import HubCore
import Testing

@testable import HubStore

@Suite("What the store takes of the disk")
struct UsageTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test("Room that pruned records leave is room for new ones")
    func reuse() async throws {
        let store = try HubStore.open(directory: directory.store)
        for sequence in 1...50 as ClosedRange<UInt64> {
            try await store.insert(Samples.record(sequence, length: 10_000))
        }
        let full = try await store.read { store throws(StoreFault) in try store.usage() }
        #expect(full.usedLength > 500_000 && full.availableLength > 0)
        try await store.answer(try await store.cutBatch())
        _ = try await store.write { store throws(StoreFault) in try store.prune(RetentionCut(recordsBefore: .max)) }
        let pruned = try await store.read { store throws(StoreFault) in try store.usage() }
        #expect(full.usedLength - pruned.usedLength > 250_000)
        await store.close()
    }

    @Test("What is written to the disk is counted, the database and its log alike")
    func meter() async throws {
        var options = StoreOptions()
        options.checkpointPageCount = 50
        let store = try HubStore.open(directory: directory.store, options: options)
        let before = try await store.read { $0.statistics }
        for sequence in 1...50 as ClosedRange<UInt64> {
            try await store.insert(Samples.record(sequence, length: 10_000))
        }
        let after = try await store.read { $0.statistics }
        #expect(after.storedLength - before.storedLength == 50 * (10_000 + UInt64(ContentSeal.overhead)))
        let written = after.writtenLength - before.writtenLength
        // Each record goes into the log and, at a checkpoint, into the database; pages are whole.
        #expect(written > 1_000_000 && written < 2_500_000)
        #expect(after.syncCount - before.syncCount >= 50 && after.elapsed > before.elapsed)
        await store.close()
    }
}
