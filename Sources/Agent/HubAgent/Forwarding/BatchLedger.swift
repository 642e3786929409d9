import CORProtocol
import COSESigning
import HubCore
import HubStore
import KeyStore

/// The store's side of forwarding: cuts and signs batches, keeps receipts.
struct BatchLedger: Sendable {
    struct Cut: Sendable {
        var batch: OutstandingBatch
        var itemCount: Int
        var hasMore: Bool
    }

    let store: HubStore
    let identity: HubIdentity
    let draft: BatchDraft
    let epoch: Epoch
    let policy: ForwardingPolicy

    /// The oldest batch that has no receipt yet.
    func oldestOutstanding() async throws(AgentFault) -> OutstandingBatch? {
        let row = try await read { (reader) throws(StoreFault) in try reader.oldestUnreceiptedBatch() }
        guard let row, let bytes = row.bytes else { return nil }
        return OutstandingBatch(position: row.position, hash: row.hash, bytes: bytes)
    }

    /// Cuts one batch of what is pending and makes it durable before anyone sees it. Nil when nothing is pending.
    func cut(at now: TimeBlock) async throws(AgentFault) -> Cut? {
        let (items, head) = try await read { [policy] (reader) throws(StoreFault) in
            (
                try reader.pendingItems(lengthMax: policy.batchLengthMax, countMax: policy.batchItemCountMax),
                try reader.batchHead()
            )
        }
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
        try await write { (transaction) throws(StoreFault) in
            try transaction.insertBatch(row, covering: items)
        }
        return Cut(
            batch: OutstandingBatch(position: position, hash: signed.hash, bytes: signed.bytes),
            itemCount: items.count, hasMore: items.hasMore)
    }

    func keep(_ receipt: Receipt, bytes: [UInt8]) async throws(AgentFault) {
        try await write { (transaction) throws(StoreFault) in
            _ = try transaction.insert(receipt: receipt, bytes: bytes)
        }
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
