import CORProtocol
import HubCore
import HubStore

extension HubStore {
    /// With the tests' own storage key.
    static func open(
        directory: String, options: StoreOptions = StoreOptions(), migrations: [StoreMigration] = StoreMigration.all
    ) throws(StoreFault) -> HubStore {
        try open(directory: directory, key: Samples.storageKey, options: options, migrations: migrations)
    }

    static func openRecovering(
        directory: String, quarantine: String, now: TimeBlock
    ) throws(StoreFault) -> (store: HubStore, recovery: StoreRecovery?) {
        try openRecovering(directory: directory, key: Samples.storageKey, quarantine: quarantine, now: now)
    }

    @discardableResult
    func insert(_ record: RecordItem) async throws(StoreFault) -> RecordInsertion {
        let sealed = SealedRecord(record, kind: .sedimentationRun, cartridge: "cartridge-1", for: self)
        return try await write { store throws(StoreFault) in try store.insert(sealed) }
    }

    /// Cuts what is pending into one batch.
    func cutBatch(epoch: UInt8 = 1, countMax: Int = 1_000, at cut: Int64 = 5_000) async throws -> SignedBatchRow {
        let (items, head) = try await read { store throws(StoreFault) in
            (try store.pendingItems(lengthMax: 1 << 20, countMax: countMax), try store.batchHead())
        }
        let batch = try Samples.batch(items, after: head, epoch: epoch, cut: cut)
        try await write { store throws(StoreFault) in try store.insertBatch(batch, covering: items) }
        return batch
    }

    @discardableResult
    func answer(
        _ batch: SignedBatchRow, _ status: ReceiptStatus = .accepted, at time: Int64 = 6_000
    ) async throws -> ReceiptInsertion {
        let receipt = try Samples.receipt(batch, status: status, at: time)
        return try await write { store throws(StoreFault) in try store.insert(receipt: receipt, bytes: [9, 9, 9]) }
    }

    @discardableResult
    func appendAudit(_ subject: String = "store") async throws(StoreFault) -> AuditEntry {
        try await write { store throws(StoreFault) in
            try store.appendAudit(
                type: .start, actor: AuditActor(component: "test"), subject: subject, outcome: "ok",
                time: Samples.time())
        }
    }
}
