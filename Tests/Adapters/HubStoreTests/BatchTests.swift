import CBORCoding
import CORProtocol
import HubCore
import HubStore
import Testing

@Suite("Batches and receipts in the store")
struct BatchTests {
    private let directory: TemporaryDirectory
    private let store: HubStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try HubStore.open(directory: directory.store)
    }

    private func pending(lengthMax: Int = 1 << 20, countMax: Int = 1_000) async throws -> PendingItems {
        try await store.read { store throws(StoreFault) in
            try store.pendingItems(lengthMax: lengthMax, countMax: countMax)
        }
    }

    /// Why a write was refused; nil when it was not.
    private func refusal(
        _ body: @escaping @Sendable (StoreTransaction) throws(StoreFault) -> Void
    ) async throws(StoreFault) -> StoreRefusal? {
        do throws(StoreFault) {
            try await store.write(body)
            return nil
        } catch .refused(let refusal) {
            return refusal
        } catch {
            throw error
        }
    }

    private func refusal(of batch: SignedBatchRow, covering items: PendingItems) async throws -> StoreRefusal? {
        try await refusal { store throws(StoreFault) in try store.insertBatch(batch, covering: items) }
    }

    private func refusal(of receipt: Receipt) async throws -> StoreRefusal? {
        try await refusal { store throws(StoreFault) in _ = try store.insert(receipt: receipt, bytes: [1]) }
    }

    @Test("Results, events and audit entries are pending before records and gaps that came earlier")
    func lanes() async throws {
        let record = try Samples.record(1)
        let result = Samples.result(of: record)
        let gap = try Samples.gap(2, 3)
        let deviceEvent = try Samples.deviceEvent()
        let firmwareEvent = try Samples.firmwareEvent()
        try await store.insert(record)
        try await store.write { store throws(StoreFault) in
            try store.insert(result: result)
            try store.insert(gap: gap)
            try store.insert(deviceEvent: deviceEvent)
            try store.insert(firmwareEvent: firmwareEvent)
        }
        let entry = try await store.appendAudit()
        let first = try await pending(countMax: 4)
        #expect(first.records.isEmpty && first.gaps.isEmpty && first.count == 4 && first.hasMore)
        let all = try await pending()
        #expect(all.records == [.init(item: 1, value: record)])
        #expect(all.results == [.init(item: 2, value: result)])
        #expect(all.gaps == [.init(item: 3, value: gap)])
        #expect(all.deviceEvents == [.init(item: 4, value: deviceEvent)])
        #expect(all.firmwareEvents == [.init(item: 5, value: firmwareEvent)])
        #expect(all.audit == [.init(item: 6, value: entry)])
        #expect(all.itemsInLeafOrder == [1, 3, 2, 5, 4, 6] && !all.hasMore)
    }

    @Test("A batch takes items up to its length, and one longer record alone")
    func lengthLimit() async throws {
        for sequence in 1...4 { try await store.insert(try Samples.record(UInt64(sequence), length: 4_000)) }
        #expect(try await pending(lengthMax: 10_000).count == 2)
        #expect(try await pending(lengthMax: 1_000).count == 1)
        #expect(try await pending(countMax: 0).isEmpty)
    }

    @Test("The stated length of pending items is not less than that of their encoding")
    func lengthIsAnUpperBound() async throws {
        let record = try Samples.record(1 << 62, length: 3_000)
        try await store.insert(record)
        try await store.write { store throws(StoreFault) in try store.insert(result: Samples.result(of: record)) }
        let items = try await pending()
        #expect(items.length >= record.encoded().count + Samples.result(of: record).encoded().count)
    }

    @Test("An item is in one batch, and batches continue each other")
    func chain() async throws {
        try await store.insert(try Samples.record(1))
        let stale = try await pending()
        let first = try await store.cutBatch()
        #expect(try await pending().isEmpty)
        try await store.insert(try Samples.record(2))
        let second = try await store.cutBatch()
        #expect(second.position.sequence == 2 && second.previousHash == first.hash)
        let head = try await store.read { store throws(StoreFault) in try store.batchHead() }
        #expect(head == BatchHead(position: second.position, hash: second.hash))
        let third = try Samples.batch(stale, after: head)
        #expect(try await refusal(of: third, covering: stale) == .itemNotPending(item: 1))
        #expect(try await store.read { store throws(StoreFault) in try store.batch(third.position) } == nil)
    }

    @Test("A batch that skips, repeats or forks the chain is refused")
    func chainAttacks() async throws {
        try await store.insert(try Samples.record(1))
        let first = try await store.cutBatch()
        let none = PendingItems()
        let head = BatchHead(position: first.position, hash: first.hash)
        var skipping = try Samples.batch(none, after: head)
        skipping.position.sequence = 3
        #expect(try await refusal(of: skipping, covering: none) == .batchNotNext(expected: 2, found: 3))
        #expect(try await refusal(of: first, covering: none) == .batchNotNext(expected: 2, found: 1))
        var forked = try Samples.batch(none, after: head)
        forked.previousHash = .zero
        let fork = StoreRefusal.previousHashDiffers(expected: first.hash, found: .zero)
        #expect(try await refusal(of: forked, covering: none) == fork)
    }

    @Test("A new epoch begins with sequence 1 and a zero hash")
    func newEpoch() async throws {
        try await store.insert(try Samples.record(1))
        _ = try await store.cutBatch()
        try await store.insert(try Samples.record(2))
        let batch = try await store.cutBatch(epoch: 2)
        #expect(batch.position == BatchPosition(epoch: try Samples.epoch(2), sequence: 1))
        #expect(batch.previousHash == .zero)
    }

    @Test("The oldest batch without a receipt is the next to be sent, and a rejected one does not block it")
    func receipts() async throws {
        try await store.insert(try Samples.record(1))
        let first = try await store.cutBatch()
        try await store.insert(try Samples.record(2))
        let second = try await store.cutBatch()
        let oldest: @Sendable () async throws -> SignedBatchRow? = { [store] in
            try await store.read { store throws(StoreFault) in try store.oldestUnreceiptedBatch() }
        }
        #expect(try await oldest() == first)
        #expect(try await store.answer(first, .rejected) == .stored)
        #expect(try await oldest() == second)
        #expect(try await store.answer(second) == .stored)
        #expect(try await oldest() == nil)
        #expect(try await store.answer(second) == .duplicate)
        #expect(try await store.answer(second, .rejected) == .conflict)
        let receipt = try await store.read { store throws(StoreFault) in try store.receipt(second.position) }
        #expect(receipt == StoredReceipt(receipt: try Samples.receipt(second), bytes: [9, 9, 9]))
        let records = try await store.read { store throws(StoreFault) in try store.records(of: first.position) }
        #expect(records.map(\.forwarding) == [.answered(first.position, .rejected)])
    }

    @Test("A receipt for another batch hash, or for no batch, is refused")
    func wrongReceipts() async throws {
        try await store.insert(try Samples.record(1))
        let batch = try await store.cutBatch()
        var otherHash = try Samples.receipt(batch)
        otherHash.batchHash = .zero
        #expect(try await refusal(of: otherHash) == .batchHashDiffers(stored: batch.hash, named: .zero))
        var noBatch = try Samples.receipt(batch)
        noBatch.sequence = 9
        #expect(try await refusal(of: noBatch) == .noSuchBatch(BatchPosition(epoch: batch.position.epoch, sequence: 9)))
    }

    @Test("A trace leads from the record over result and batch to the receipt")
    func trace() async throws {
        let record = try Samples.record(1)
        let result = Samples.result(of: record)
        try await store.insert(record)
        try await store.write { store throws(StoreFault) in try store.insert(result: result) }
        let serial = try Samples.serial()
        try await store.write { store throws(StoreFault) in
            try store.quarantine(serial: serial, sequence: 1, bytes: [1], reason: "conflict", time: Samples.time())
        }
        let batch = try await store.cutBatch()
        try await store.answer(batch)
        let trace = try #require(
            try await store.read { store throws(StoreFault) in try store.trace(record.recordID) })
        #expect(trace.record.bytes == record.bytes)
        #expect(trace.passage?.batch.position == batch.position && trace.passage?.leafIndex == 0)
        #expect(trace.passage?.receipt?.receipt.status == .accepted)
        #expect(trace.results.map(\.result) == [result])
        #expect(trace.results.first?.passage?.leafIndex == 1)
        #expect(trace.quarantined.map(\.reason) == ["conflict"])
        #expect(try await store.read { store throws(StoreFault) in try store.trace(.zero) } == nil)
    }
}
