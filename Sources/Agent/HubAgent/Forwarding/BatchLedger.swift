import CORProtocol
import COSESigning
import HubCore
import HubStore
import KeyStore

/// The store's side of forwarding: cuts and signs batches, keeps receipts, begins epochs.
struct BatchLedger: Sendable {
    struct Cut: Sendable {
        var batch: OutstandingBatch
        var itemCount: Int
        var hasMore: Bool
    }

    let store: HubStore
    let identity: IdentityInUse
    let software: SoftwareIdentity
    let policy: ForwardingPolicy

    /// The oldest batch of the present epoch that has no receipt yet. What an earlier epoch left is pending again.
    func oldestOutstanding() async throws(AgentFault) -> OutstandingBatch? {
        let row = try await read { (reader) throws(StoreFault) in
            try reader.oldestUnreceiptedBatch(of: try reader.epoch())
        }
        return row.flatMap(OutstandingBatch.init)
    }

    /// A batch whatever became of it; nil where its bytes are not kept any more.
    func batch(_ position: BatchPosition) async throws(AgentFault) -> OutstandingBatch? {
        try await read { (reader) throws(StoreFault) in try reader.batch(position) }.flatMap(OutstandingBatch.init)
    }

    /// The upstream's time in the newest receipt.
    func newestReceiptMilliseconds() async throws(AgentFault) -> Int64? {
        try await read { (reader) throws(StoreFault) in try reader.newestReceipt()?.receipt.upstreamMilliseconds }
    }

    /// Cuts one batch of what is pending and makes it durable before anyone sees it. Nil when nothing is pending.
    func cut(at now: TimeBlock) async throws(AgentFault) -> Cut? {
        let fresh = Epoch.random()
        let (items, head, epoch, budget) = try await read { [policy] (reader) throws(StoreFault) in
            let budget = try MeteredBudget(encoded: reader.setting(Setting.rawBudget) ?? [])
            let items = try reader.nextItems(
                policy, raw: policy.rawBytesPerDay.map { budget.allowance(of: $0, at: now) })
            // Within an epoch audit entries follow each other; where one was lost, the history parts.
            let isParted = try items.audit.first.map { (first) throws(StoreFault) in
                try reader.isAuditLost(before: first.item)
            }
            return (items, try reader.batchHead(), isParted == true ? fresh : try reader.epoch(), budget)
        }
        guard items.damaged.isEmpty else { return try await setAside(items.damaged, thenCutAt: now) }
        let identity = identity.current
        let protection = KeyProtection.least(of: [identity.keyProtection, store.key.protection])
        let draft = BatchDraft(hub: identity.hubID, software: software, keyProtection: protection)
        guard let batch = draft.batch(of: items, epoch: epoch, after: head, at: now) else { return nil }
        let signed: SignedBatch
        do {
            signed = try SignedBatch.signing(
                batch, environment: identity.environment, chain: identity.signing.chain,
                signer: identity.batchSigner)
        } catch {
            throw .signing("\(error)")
        }
        let position = BatchPosition(epoch: batch.epoch, sequence: batch.sequence)
        let row = SignedBatchRow(
            position: position, hash: signed.hash, previousHash: batch.previousHash, bytes: signed.bytes, cut: now)
        var spent = budget
        spent.spend(items.records.reduce(0) { $0 + $1.value.bytes.count }, at: now)
        let isMetered = policy.rawBytesPerDay != nil && spent != budget
        try await write { [spent] (transaction) throws(StoreFault) in
            try transaction.insertBatch(row, covering: items)
            try transaction.named(items.gaps.map(\.item))
            if epoch == fresh { try transaction.set(Setting.epoch, epoch.bytes) }
            if isMetered { try transaction.set(Setting.rawBudget, spent.encoded) }
        }
        return Cut(
            batch: OutstandingBatch(position: position, hash: signed.hash, bytes: signed.bytes, cut: now),
            itemCount: items.count, hasMore: items.hasMore)
    }

    /// What is damaged does not hold up what is sound. Ends, since each item is set aside once.
    private func setAside(_ damaged: [DamagedItem], thenCutAt now: TimeBlock) async throws(AgentFault) -> Cut? {
        try await write { (transaction) throws(StoreFault) in try transaction.setAside(damaged, time: now) }
        return try await cut(at: now)
    }

    /// - Parameter gaps: what a rejected batch held, for the next batch to name.
    func keep(_ receipt: Receipt, bytes: [UInt8], naming gaps: [Gap]) async throws(AgentFault) {
        try await write { (transaction) throws(StoreFault) in
            // A second answer changes nothing, so what the first led to is not done twice.
            guard try transaction.insert(receipt: receipt, bytes: bytes) == .stored else { return }
            try transaction.nameFirst(gaps)
        }
    }

    /// Begins an epoch, and makes everything pending in it that has no receipt or was lost upstream; one transaction.
    func renewEpoch(_ draft: AuditDraft, lost: UpstreamLoss?) async throws(AgentFault) {
        let fresh = Epoch.random()
        try await write { (transaction) throws(StoreFault) in
            try transaction.requeueUnreceipted()
            if let lost { try transaction.requeue(lost, at: draft.time) }
            try transaction.set(Setting.epoch, fresh.bytes)
            try transaction.append(draft)
        }
    }

    func requeue(_ loss: UpstreamLoss, at now: TimeBlock) async throws(AgentFault) {
        try await write { (transaction) throws(StoreFault) in try transaction.requeue(loss, at: now) }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (StoreReader) throws(StoreFault) -> Value
    ) async throws(AgentFault) -> Value {
        do {
            return try await store.read(body)
        } catch {
            throw .storage(error)
        }
    }

    private func write(
        _ body: @escaping @Sendable (StoreTransaction) throws(StoreFault) -> Void
    ) async throws(AgentFault) {
        do {
            try await store.write(body)
        } catch {
            throw .storage(error)
        }
    }
}

extension OutstandingBatch {
    fileprivate init?(_ row: SignedBatchRow) {
        guard let bytes = row.bytes else { return nil }
        self.init(position: row.position, hash: row.hash, bytes: bytes, cut: row.cut)
    }
}

extension StoreReader {
    /// What the next batch takes.
    fileprivate func nextItems(_ policy: ForwardingPolicy, raw: RawAllowance?) throws(StoreFault) -> PendingItems {
        let urgent = try gapsToNameFirst()
        return try pendingItems(
            lengthMax: policy.batchLengthMax - urgent.length, countMax: policy.batchItemCountMax - urgent.gaps.count
        ).chosen(urgent: urgent.gaps, raw: raw)
    }
}
