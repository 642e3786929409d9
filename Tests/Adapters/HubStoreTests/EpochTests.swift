import CORProtocol
import HubCore
import HubStore
import Testing

@Suite("Rejected batches and new epochs in the store")
struct EpochTests {
    private let directory: TemporaryDirectory
    private let store: HubStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try HubStore.open(directory: directory.store)
    }

    private func pending() async throws -> PendingItems {
        try await store.read { store throws(StoreFault) in
            try store.pendingItems(lengthMax: 1 << 20, countMax: 1_000)
        }
    }

    @Test("Threat 13: in a new epoch everything without a receipt is pending again, in its order, and nothing else is")
    func requeue() async throws {
        try await store.insert(Samples.record(1))
        let first = try await store.cutBatch()
        try await store.answer(first)
        try await store.insert(Samples.record(2))
        try await store.appendAudit()
        _ = try await store.cutBatch()
        try await store.insert(Samples.record(3))
        let count = try await store.write { store throws(StoreFault) in
            try store.requeueUnreceipted()
        }
        #expect(count == 2)
        let items = try await pending()
        #expect(items.records.map(\.value.sequence) == [2, 3])
        #expect(items.audit.count == 1)
        // The batch that was given up is no outstanding one of the new epoch, and its bytes stay for whoever asks.
        let epoch = try Samples.epoch(2)
        #expect(
            try await store.read { store throws(StoreFault) in try store.oldestUnreceiptedBatch(of: epoch) } == nil)
        let status = try await store.read { store throws(StoreFault) in try store.bufferStatus() }
        #expect(status.batchesWithoutReceipt.count == 0)
        #expect(status.pendingRecords.count == 2)
        let again = try await store.cutBatch(epoch: 2)
        #expect(again.position == BatchPosition(epoch: epoch, sequence: 1))
        #expect(
            try await store.read { store throws(StoreFault) in try store.oldestUnreceiptedBatch(of: epoch) } == again)
        #expect(try await store.verifyAll().damages == [])
        // A second time there is only the new batch to take back.
        #expect(try await store.write { store throws(StoreFault) in try store.requeueUnreceipted() } == 3)
    }

    /// - Returns: How many items.
    private func requeue(_ loss: UpstreamLoss, itemCountMax: Int = 500) async throws -> Int {
        try await store.write { store throws(StoreFault) in try store.requeue(loss) }
        var count = 0
        var step: RequeueStep
        repeat {
            step = try await store.write { store throws(StoreFault) in
                try store.continueRequeues(at: Samples.time(), itemCountMax: itemCountMax)
            }
            count += step.itemCount
        } while step.hasMore
        return count
    }

    @Test("However much was lost, a step ends with the batch that reaches its limit, and nothing is pruned meanwhile")
    func boundedSteps() async throws {
        var store = store
        let batchCount = 150
        for sequence in 1...UInt64(batchCount) {
            try await store.insert(Samples.record(sequence))
            try await store.answer(try await store.cutBatch())
        }
        let items = try await store.read { store throws(StoreFault) in try store.batches(countMax: 1_000) }
            .reduce(0) { $0 + $1.itemCount }
        try await store.write { store throws(StoreFault) in try store.requeue(.everything) }
        var (done, steps) = (0, 0)
        var step: RequeueStep
        repeat {
            let pruned = try await store.write { store throws(StoreFault) in
                try store.prune(RetentionCut(recordsBefore: .max, batchesBefore: .max, entriesBefore: .max))
            }
            #expect(pruned == PruneReport())
            step = try await store.write { store throws(StoreFault) in
                try store.continueRequeues(at: Samples.time(), itemCountMax: 10)
            }
            #expect(step.itemCount <= 10 + CORLimits.batchItemCountMax)
            (done, steps) = (done + step.itemCount, steps + 1)
            // As after a loss of power: what was noted and not done is found again.
            if steps == 3 {
                await store.close()
                store = try HubStore.open(directory: directory.store)
            }
        } while step.hasMore
        #expect(done == items && steps >= items / 12)
        let pending = try await store.read { store throws(StoreFault) in
            try store.pendingItems(lengthMax: 1 << 24, countMax: 1_000)
        }
        #expect(pending.records.map(\.value.sequence) == Array(1...UInt64(batchCount)))
        #expect(try await store.verifyAll().damages == [])
        let pruned = try await store.write { store throws(StoreFault) in
            try store.prune(RetentionCut(batchesBefore: .max))
        }
        #expect(pruned.batchCount > 0)
    }

    @Test("What the upstream has lost is pending again, from the first lost batch on, whatever was answered")
    func lostUpstream() async throws {
        var batches: [SignedBatchRow] = []
        for sequence in 1...3 as ClosedRange<UInt64> {
            try await store.insert(Samples.record(sequence))
            try await store.appendAudit()
            batches.append(try await store.cutBatch())
            try await store.answer(batches[batches.count - 1], sequence == 2 ? .rejected : .accepted)
        }
        let position = batches[1].position
        let count = try await requeue(.from(position))
        #expect(count == 4)
        #expect(try await pending().records.map(\.value.sequence) == [2, 3])
        #expect(try await pending().audit.count == 2)
        // Again there is nothing left in them.
        let again = try await requeue(.from(position))
        #expect(again == 0)
        #expect(try await store.verifyAll().damages == [])
        // An epoch that is lost as a whole: what was sent before it, but not its own, which goes again as it is.
        let next = try await store.cutBatch(epoch: 2)
        try await store.answer(next)
        let before = try await requeue(.before(next.position.epoch))
        #expect(before == 2)
        #expect(try await pending().records.map(\.value.sequence) == [1])
        let everything = try await requeue(.everything)
        #expect(everything == 4)
        #expect(try await pending().records.map(\.value.sequence) == [1, 2, 3])
        #expect(try await store.verifyAll().damages == [])
    }

    @Test("What was lost upstream and is not kept here any more is named as a gap")
    func lostOnBothSides() async throws {
        for sequence in 1...3 as ClosedRange<UInt64> { try await store.insert(Samples.record(sequence)) }
        let batch = try await store.cutBatch()
        try await store.answer(batch)
        _ = try await store.write { store throws(StoreFault) in
            try store.prune(RetentionCut(recordsBefore: .max))
        }
        let count = try await requeue(.from(batch.position))
        #expect(count == 0)
        let gaps = try await pending().gaps.map(\.value)
        #expect(gaps.map(\.first) == [1] && gaps.map(\.last) == [3] && gaps.map(\.reason) == [.lost])
        #expect(try await store.verifyAll().damages == [])
    }

    @Test("What a rejected batch held is named before anything else that waits, and once")
    func naming() async throws {
        for sequence in 1...3 as ClosedRange<UInt64> { try await store.insert(Samples.record(sequence)) }
        let rejected = try await store.cutBatch(countMax: 2)
        for sequence in 4...6 as ClosedRange<UInt64> { try await store.insert(Samples.record(sequence)) }
        try await store.answer(rejected, .rejected)
        let gap = try Samples.gap(1, 2)
        try await store.write { store throws(StoreFault) in try store.nameFirst([gap]) }
        let urgent = try await store.read { store throws(StoreFault) in try store.gapsToNameFirst() }
        #expect(urgent.gaps.map(\.value) == [gap])
        // A batch that has room for one record takes the name of the gap as well.
        let head = try await store.read { store throws(StoreFault) in try store.batchHead() }
        let items = try await store.read { store throws(StoreFault) in
            try store.pendingItems(lengthMax: 1 << 20, countMax: 1)
        }.naming(urgent.gaps)
        #expect(items.records.map(\.value.sequence) == [3])
        #expect(items.gaps.map(\.value) == [gap])
        let batch = try Samples.batch(items, after: head)
        try await store.write { store throws(StoreFault) in
            try store.insertBatch(batch, covering: items)
            try store.named(items.gaps.map(\.item))
        }
        #expect(try await store.read { store throws(StoreFault) in try store.gapsToNameFirst() }.gaps == [])
        let left = try await pending()
        #expect(left.records.map(\.value.sequence) == [4, 5, 6])
        #expect(left.gaps.isEmpty)
        #expect(try await store.verifyAll().damages == [])
    }

    @Test("After repair the items of a rejected batch are pending again, once, and before what came later")
    func repair() async throws {
        try await store.insert(Samples.record(1))
        try await store.appendAudit()
        let rejected = try await store.cutBatch()
        try await store.answer(rejected, .rejected)
        try await store.insert(Samples.record(2))
        let batches = try await store.read { store throws(StoreFault) in try store.rejectedBatches() }
        #expect(batches.map(\.position) == [rejected.position])
        #expect(
            try await store.write { store throws(StoreFault) in try store.requeueRejected(rejected.position) } == 2)
        #expect(try await pending().records.map(\.value.sequence) == [1, 2])
        #expect(
            try await store.write { store throws(StoreFault) in try store.requeueRejected(rejected.position) } == 0)
        #expect(try await store.read { store throws(StoreFault) in try store.rejectedBatches() } == [])
        let accepted = try await store.cutBatch()
        try await store.answer(accepted)
        await #expect(throws: StoreFault.refused(.noSuchBatch(accepted.position))) {
            try await store.write { store throws(StoreFault) in try store.requeueRejected(accepted.position) }
        }
        let id = try Samples.record(1).recordID
        let trace = try await store.read { store throws(StoreFault) in try store.trace(id) }
        #expect(trace?.passage?.batch.position == accepted.position)
        #expect(try await store.verifyAll().damages == [])
    }
}
