import CORProtocol
import HubCore
import HubStore

/// A short life of a store with everything that it does: records, results, audit entries, batches, receipts of each kind,
/// pruning, an erasure. One step after the other, so that each call of the system has its place.
struct StoreLife {
    private static let cycleCount: UInt64 = 4

    let store: HubStore
    /// Is told what is durable.
    let say: @Sendable (String) -> Void
    private let serial: DeviceSerial
    private let hub: HubID
    private let epoch: Epoch

    init?(store: HubStore, say: @escaping @Sendable (String) -> Void) {
        guard let serial = DeviceSerial("COR1-LIFE"), let hub = HubID("hub-0001"),
            let epoch = Epoch(bytes: [UInt8](repeating: 2, count: 16))
        else { return nil }
        (self.store, self.say, self.serial, self.hub, self.epoch) = (store, say, serial, hub, epoch)
    }

    func run() async throws(StoreFault) {
        var sequence: UInt64 = 0
        for cycle in 1...Self.cycleCount {
            for _ in 1...3 {
                sequence += 1
                try await insert(sequence, subject: cycle == 2 ? "subject-2" : "subject-1")
            }
            guard let batch = try await cutBatch() else { continue }
            // The last stays under way, the one before is rejected.
            guard cycle < Self.cycleCount else { break }
            try await answer(batch, cycle == Self.cycleCount - 1 ? .rejected : .accepted)
            if cycle == 2 { try await erase() }
        }
        try await prune()
        sequence += 1
        try await insert(sequence, subject: "subject-1")
    }

    private func time(_ milliseconds: Int64) -> TimeBlock {
        TimeBlock(
            bootID: [UInt8](repeating: 0, count: 16), boottimeNanoseconds: 0, wallMilliseconds: milliseconds,
            sync: .never,
            rtcPresent: false)
    }

    private func insert(_ sequence: UInt64, subject: String) async throws(StoreFault) {
        var bytes = [UInt8](repeating: 0x4C, count: 5_000)
        bytes[0] = UInt8(truncatingIfNeeded: sequence)
        let record = RecordItem(
            recordID: .of(bytes), serial: serial, sequence: sequence, bytes: bytes, received: time(1_000), link: .udp,
            trust: .attested, subject: SubjectID(subject), backfilled: false, clockOffsetMilliseconds: nil)
        let result = AnalysisResult(
            inputs: [record.recordID],
            algorithm: AlgorithmIdentity(id: "esr", version: "1", modelHash: .of([1]), profile: "short"),
            made: time(1_500), subject: record.subject,
            output: ESROutput(
                status: .noResult, reasons: ["crash-test"], centiMillimetresPerHour: nil, interval90: nil,
                centiMinutes: 0, comparator: .equal), configurationHash: .of([2]))
        try await store.write { [time = time(1_600)] store throws(StoreFault) in
            _ = try store.insert(record: record, kind: .sedimentationRun, cartridge: nil)
            _ = try store.insert(result: result)
            _ = try store.appendAudit(
                type: .recordReceived, actor: AuditActor(component: "life"), subject: "record", outcome: "done",
                time: time)
        }
        say(record.recordID.hex)
    }

    private func cutBatch() async throws(StoreFault) -> SignedBatchRow? {
        let (items, head) = try await store.read { store throws(StoreFault) in
            (try store.pendingItems(lengthMax: 1 << 20, countMax: 1_000), try store.batchHead())
        }
        guard !items.isEmpty else { return nil }
        let sequence = (head?.position.sequence ?? 0) + 1
        let bytes = Array("batch \(sequence) ".utf8) + [UInt8](repeating: 0x42, count: 9_000)
        let batch = SignedBatchRow(
            position: BatchPosition(epoch: epoch, sequence: sequence), hash: .of(bytes),
            previousHash: head?.hash ?? .zero,
            bytes: bytes, cut: time(2_000))
        try await store.write { store throws(StoreFault) in try store.insertBatch(batch, covering: items) }
        say("batch \(sequence)")
        return batch
    }

    private func answer(_ batch: SignedBatchRow, _ status: ReceiptStatus) async throws(StoreFault) {
        let receipt = Receipt(
            hubID: hub, epoch: epoch, sequence: batch.position.sequence, batchHash: batch.hash, logID: .of([4]),
            inclusion: status == .rejected ? nil : [1, 2, 3], upstreamMilliseconds: 3_000, status: status,
            reason: status == .rejected ? "crash test" : nil, nextSequence: batch.position.sequence + 1)
        try await store.write { store throws(StoreFault) in try store.insert(receipt: receipt, bytes: [9, 9, 9]) }
        say("receipt \(batch.position.sequence)")
    }

    private func erase() async throws(StoreFault) {
        guard let subject = SubjectID("subject-2") else { return }
        try await store.write { [time = time(4_000)] store throws(StoreFault) in
            try store.erase(subject, time: time, countMax: 2)
        }
        var step: ErasureStep
        repeat {
            step = try await store.write { [time = time(4_000)] store throws(StoreFault) in
                try store.continueErasures(time: time, countMax: 2)
            }
        } while step.hasMore
        say("erased")
    }

    private func prune() async throws(StoreFault) {
        let cut = RetentionCut(recordsBefore: 10_000, batchesBefore: 10_000, entriesBefore: 10_000)
        _ = try await store.write { store throws(StoreFault) in try store.prune(cut) }
        say("pruned")
    }
}
