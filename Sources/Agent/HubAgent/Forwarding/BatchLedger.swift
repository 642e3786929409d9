import CORProtocol
import COSESigning
import HubCore
import HubStore
import KeyStore

/// The store's side of forwarding: cuts and signs batches, keeps receipts, begins epochs.
struct BatchLedger: Sendable {
    let store: HubStore
    let identity: IdentityInUse
    /// As they are at the moment of a cut.
    private let inForce: @Sendable () -> (software: SoftwareIdentity, policy: ForwardingPolicy)

    init(
        store: HubStore, identity: IdentityInUse,
        inForce: @escaping @Sendable () -> (software: SoftwareIdentity, policy: ForwardingPolicy)
    ) {
        self.store = store
        self.identity = identity
        self.inForce = inForce
    }

    /// The oldest batch of the present epoch that has no receipt yet. What an earlier epoch left is pending again.
    func oldestOutstanding() async throws(AgentFault) -> OutstandingBatch? {
        try await read { (reader) throws(StoreFault) in try reader.oldestOutstanding() }
    }

    /// A batch whatever became of it; nil where its bytes are not kept any more.
    func batch(_ position: BatchPosition) async throws(AgentFault) -> OutstandingBatch? {
        try await read { (reader) throws(StoreFault) in try reader.batch(position) }.flatMap(OutstandingBatch.init)
    }

    /// The upstream's time in the newest receipt.
    func newestReceiptMilliseconds() async throws(AgentFault) -> Int64? {
        try await read { (reader) throws(StoreFault) in try reader.newestReceipt()?.receipt.upstreamMilliseconds }
    }

    /// Cuts one batch of what is pending and makes it durable before anyone sees it, with the entry that it is sent. Nil
    /// when nothing is pending.
    func cut(at now: TimeBlock) async throws(AgentFault) -> BatchCut? {
        for _ in 0..<Self.cutAttemptCountMax {
            let draft = try await nextBatch(at: now)
            if !draft.damaged.isEmpty {
                // What is damaged does not hold up what is sound. Ends, since each item is set aside once.
                try await write { (transaction) throws(StoreFault) in try transaction.setAside(draft.damaged, time: now)
                }
            } else if let batch = draft.batch {
                if try await keep(batch, isAhead: false, at: now) { return BatchCut(batch) }
            } else {
                return nil
            }
        }
        throw .storage(.refused(.constraint))
    }

    /// The same while a batch is on its way, where that may be.
    func cutAhead(at now: TimeBlock) async throws(AgentFault) -> BatchCut? {
        guard let batch = try await prepareAhead(at: now), try await keep(batch, isAhead: true, at: now) else {
            return nil
        }
        return BatchCut(batch)
    }

    /// Reads, signs and seals what would be cut next. Nothing of it is stored.
    private func prepareAhead(at now: TimeBlock) async throws(AgentFault) -> PreparedBatch? {
        guard let batch = try await nextBatch(at: now).batch, batch.items.isWorthCuttingAhead(inForce().policy),
            !batch.isFirstOfEpoch
        else { return nil }
        return batch
    }

    /// Each time something else has changed items in the meantime, or damage was found.
    private static let cutAttemptCountMax = 1_000

    private func nextBatch(at now: TimeBlock) async throws(AgentFault) -> (
        batch: PreparedBatch?, damaged: [DamagedItem]
    ) {
        let fresh = Epoch.random()
        let (software, policy) = inForce()
        let found = try await read { (reader) throws(StoreFault) in
            let budget = try MeteredBudget(encoded: reader.setting(Setting.rawBudget) ?? [])
            let items = try reader.nextItems(
                policy, raw: policy.rawBytesPerDay.map { budget.allowance(of: $0, at: now) })
            // Within an epoch audit entries follow each other; where one was lost, the history parts.
            let isParted = try items.audit.first.map { (first) throws(StoreFault) in
                try reader.isAuditLost(before: first.item)
            }
            return (
                items: items, head: try reader.batchHead(), epoch: isParted == true ? fresh : try reader.epoch(),
                budget: budget, rewriteCount: reader.itemRewriteCount
            )
        }
        guard found.items.damaged.isEmpty else { return (nil, found.items.damaged) }
        let identity = identity.current
        let protection = KeyProtection.least(of: [identity.keyProtection, store.key.protection])
        let draft = BatchDraft(hub: identity.hubID, software: software, keyProtection: protection)
        guard let batch = draft.batch(of: found.items, epoch: found.epoch, after: found.head, at: now) else {
            return (nil, [])
        }
        let signed: SignedBatch
        do {
            signed = try SignedBatch.signing(
                batch, environment: identity.environment, chain: identity.signing.chain, signer: identity.batchSigner)
        } catch {
            throw .signing("\(error)")
        }
        let row = SignedBatchRow(
            position: BatchPosition(epoch: batch.epoch, sequence: batch.sequence), hash: signed.hash,
            previousHash: batch.previousHash, bytes: signed.bytes, cut: now)
        var spent = found.budget
        spent.spend(found.items.records.reduce(0) { $0 + $1.value.bytes.count }, at: now)
        return (
            PreparedBatch(
                outstanding: OutstandingBatch(position: row.position, hash: row.hash, bytes: signed.bytes, cut: now),
                sealed: SealedBatch(row, bytes: signed.bytes, for: store), items: found.items,
                itemRewriteCount: found.rewriteCount, isFirstOfEpoch: found.epoch == fresh,
                spent: policy.rawBytesPerDay != nil && spent != found.budget ? spent : nil),
            []
        )
    }

    /// - Returns: false where something else has happened since the batch was made up; then nothing is kept.
    private func keep(_ batch: PreparedBatch, isAhead: Bool, at now: TimeBlock) async throws(AgentFault) -> Bool {
        let policy = inForce().policy
        return try await write { (transaction) throws(StoreFault) in
            try transaction.keep(batch, ahead: isAhead ? policy : nil, at: now)
        }
    }

    /// - Parameters:
    ///   - gaps: what a rejected batch held, for the next batch to name.
    ///   - entry: tells of the receipt in the audit chain.
    ///   - behind: what becomes of the batches behind, in the same transaction: so a batch of a backlog costs one commit.
    /// - Returns: `oldestOutstanding` as the receipt leaves it, and what was cut behind it.
    func keep(
        _ receipt: Receipt, bytes: [UInt8], naming gaps: [Gap], noting entry: AuditDraft, behind: BatchesBehind,
        at now: TimeBlock
    ) async throws(AgentFault) -> (outstanding: OutstandingBatch?, ahead: BatchCut?) {
        let prepared = behind == .areFollowed ? try await prepareAhead(at: now) : nil
        let policy = inForce().policy
        return try await write { (transaction) throws(StoreFault) in
            try transaction.append(entry)
            // A second answer changes nothing, so what the first led to is not done twice.
            if try transaction.insert(receipt: receipt, bytes: bytes) == .stored {
                if behind == .areWithdrawn {
                    try transaction.withdrawBatches(
                        behind: BatchPosition(epoch: receipt.epoch, sequence: receipt.sequence))
                }
                try transaction.nameFirst(gaps)
            }
            let isAhead = try prepared.map { (batch) throws(StoreFault) in
                try transaction.keep(batch, ahead: policy, at: now)
            }
            return (try transaction.oldestOutstanding(), isAhead == true ? prepared.map(BatchCut.init) : nil)
        }
    }

    /// Begins an epoch, and makes everything pending in it that has no receipt or was lost upstream: noted in one transaction,
    /// done in as many as it takes.
    func renewEpoch(_ draft: AuditDraft, lost: UpstreamLoss?) async throws(AgentFault) {
        let fresh = Epoch.random()
        try await write { (transaction) throws(StoreFault) in
            try transaction.requeueUnreceipted()
            if let lost { try transaction.requeue(lost) }
            try transaction.set(Setting.epoch, fresh.bytes)
            try transaction.append(draft)
        }
        try await finishRequeues(at: draft.time)
    }

    func requeue(_ loss: UpstreamLoss, at now: TimeBlock) async throws(AgentFault) {
        try await write { (transaction) throws(StoreFault) in try transaction.requeue(loss) }
        try await finishRequeues(at: now)
    }

    /// Does what was noted to be made pending again, also by a process before this one. No batch is cut meanwhile, so that
    /// records keep their order; what devices deliver is stored between the steps.
    func finishRequeues(at now: TimeBlock) async throws(AgentFault) {
        var step: RequeueStep
        repeat {
            step = try await write { (transaction) throws(StoreFault) in
                try transaction.continueRequeues(at: now, itemCountMax: Self.requeueStepItemCountMax)
            }
        } while step.hasMore
    }

    private static let requeueStepItemCountMax = 500

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (StoreReader) throws(StoreFault) -> Value
    ) async throws(AgentFault) -> Value {
        do {
            return try await store.read(body)
        } catch {
            throw .storage(error)
        }
    }

    @discardableResult
    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws(StoreFault) -> Value
    ) async throws(AgentFault) -> Value {
        do {
            return try await store.write(body)
        } catch {
            throw .storage(error)
        }
    }
}

extension BatchCut {
    fileprivate init(_ batch: PreparedBatch) {
        self.init(batch.outstanding, itemCount: batch.items.count, hasMore: batch.items.hasMore)
    }
}

extension OutstandingBatch {
    fileprivate init?(_ row: SignedBatchRow) {
        guard let bytes = row.bytes else { return nil }
        self.init(position: row.position, hash: row.hash, bytes: bytes, cut: row.cut)
    }
}

extension StoreTransaction {
    /// - Parameter ahead: of a batch that is cut while another is on its way.
    /// - Returns: false where something else has happened since the batch was made up; then nothing is kept.
    fileprivate func keep(
        _ batch: PreparedBatch, ahead policy: ForwardingPolicy?, at now: TimeBlock
    ) throws(StoreFault) -> Bool {
        let epoch = batch.outstanding.position.epoch
        let isInEpoch = try self.epoch() == epoch
        guard itemRewriteCount == batch.itemRewriteCount, isInEpoch || batch.isFirstOfEpoch, try continues(batch) else {
            return false
        }
        if let policy {
            let underWay = try oldestOutstanding()?.position
            let mayBe = batch.items.mayBeCutAhead(
                policy, underWay: underWay, head: try batchHead()?.position, urgent: try gapsToNameFirst().gaps)
            guard mayBe else { return false }
        }
        try insertBatch(batch.sealed, covering: batch.items)
        try named(batch.items.gaps.map(\.item))
        try append(Forwarder.sendingEntry(of: batch.outstanding.position, isAhead: policy != nil, at: now))
        if batch.isFirstOfEpoch { try set(Setting.epoch, epoch.bytes) }
        if let spent = batch.spent { try set(Setting.rawBudget, spent.encoded) }
        return true
    }
}

extension StoreReader {
    fileprivate func oldestOutstanding() throws(StoreFault) -> OutstandingBatch? {
        try oldestUnreceiptedBatch(of: try epoch()).flatMap(OutstandingBatch.init)
    }

    /// Whether the batch follows on the newest one, and names what has to be named first.
    fileprivate func continues(_ batch: PreparedBatch) throws(StoreFault) -> Bool {
        let named = Set(batch.items.gaps.map(\.item))
        guard try gapsToNameFirst().gaps.allSatisfy({ named.contains($0.item) }) else { return false }
        let head = try batchHead()
        let position = batch.outstanding.position
        let isSameEpoch = head?.position.epoch == position.epoch
        return position.sequence == (isSameEpoch ? head?.position.sequence ?? 0 : 0) + 1
    }

    /// What the next batch takes.
    fileprivate func nextItems(_ policy: ForwardingPolicy, raw: RawAllowance?) throws(StoreFault) -> PendingItems {
        let urgent = try gapsToNameFirst()
        return try pendingItems(
            lengthMax: policy.batchLengthMax - urgent.length, countMax: policy.batchItemCountMax - urgent.gaps.count
        ).chosen(urgent: urgent.gaps, hasMoreUrgent: urgent.hasMore, raw: raw)
    }
}
