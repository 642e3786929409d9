import CORProtocol
import HubCore
import HubStore
import Testing

@Suite("What is pending, and what is found by its id")
struct PendingTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func pending(_ store: HubStore) async throws -> PendingItems {
        try await store.read { store throws(StoreFault) in
            try store.pendingItems(lengthMax: 1 << 20, countMax: 1_000)
        }
    }

    @Test("What a batch leaves out stays pending, in its order, and the next one takes it")
    func leftOut() async throws {
        let store = try HubStore.open(directory: directory.store)
        for sequence in 1...5 as ClosedRange<UInt64> { try await store.insert(Samples.record(sequence)) }
        var items = try await pending(store)
        items.records.removeAll { $0.value.sequence != 2 && $0.value.sequence != 4 }
        let batch = try Samples.batch(items, after: nil)
        try await store.write { [items] store throws(StoreFault) in try store.insertBatch(batch, covering: items) }
        #expect(try await pending(store).records.map(\.value.sequence) == [1, 3, 5])
        let status = try await store.read { store throws(StoreFault) in try store.bufferStatus() }
        #expect(status.pendingRecords.count == 3)
        _ = try await store.cutBatch()
        #expect(try await pending(store).isEmpty)
        #expect(try await store.verifyAll().damages == [])
    }

    @Test("An item that was never given away, or is named twice, is not pending")
    func nonsense() async throws {
        let store = try HubStore.open(directory: directory.store)
        try await store.insert(Samples.record(1))
        var beyond = try await pending(store)
        beyond.records[0].item = 99
        var twice = try await pending(store)
        twice.records.append(twice.records[0])
        for (items, item) in [(beyond, 99), (twice, 1)] as [(PendingItems, UInt64)] {
            let batch = try Samples.batch(items, after: nil)
            await #expect(throws: StoreFault.refused(.itemNotPending(item: item))) {
                try await store.write { store throws(StoreFault) in try store.insertBatch(batch, covering: items) }
            }
        }
        #expect(try await pending(store).records.count == 1)
    }

    @Test("Records are found by id and by its beginning, whether or not the index of ids knows them yet")
    func ids() async throws {
        let store = try HubStore.open(directory: directory.store)
        let records = try (1...600).map { try Samples.record(UInt64($0)) }
        for chunk in stride(from: 0, to: 600, by: 100) {
            try await store.write { store throws(StoreFault) in
                for record in records[chunk..<chunk + 100] {
                    _ = try store.insert(record: record, kind: .sedimentationRun, cartridge: nil)
                }
            }
        }
        for record in [records[0], records[511], records[512], records[599]] {
            let (found, ids) = try await store.read { store throws(StoreFault) in
                (
                    try store.record(id: record.recordID)?.bytes,
                    try store.recordIDs(beginningWith: String(record.recordID.hex.prefix(12)))
                )
            }
            #expect(found == record.bytes && ids == [record.recordID])
        }
        for record in [records[3], records[598]] { #expect(try await store.insert(record) == .duplicate) }
        #expect(try await store.verifyAll().damages == [])
    }

    @Test("A start finds what the last commits stored although the state's row was not written with them")
    func tail() async throws {
        let store = try HubStore.open(directory: directory.store)
        for sequence in 1...20 as ClosedRange<UInt64> {
            let record = try Samples.record(sequence)
            try await store.insert(record)
            try await store.write { store throws(StoreFault) in try store.insert(result: Samples.result(of: record)) }
        }
        let before = try await store.read { store throws(StoreFault) in try store.bufferStatus() }
        let written = try RawFiles(directory: directory.store)
        await store.close()
        // As after a loss of power.
        let scratch = try TemporaryDirectory()
        try written.write(to: scratch.store)
        let again = try HubStore.open(directory: scratch.store)
        let after = try await again.read { store throws(StoreFault) in try store.bufferStatus() }
        #expect(after.commitSequence == before.commitSequence && after.records == before.records)
        #expect(after.pendingRecords == before.pendingRecords && after.pendingEntries == before.pendingEntries)
        #expect(try await again.verifyAll().damages == [])
        await again.close()
    }
}
