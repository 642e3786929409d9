import HubCore
import HubStore

/// A batch that is signed and sealed, and not stored yet.
///
/// It holds as long as no item that was stored is changed, the newest batch is the same, and nothing else has to be named
/// first: `BatchLedger` looks in the transaction that stores it.
struct PreparedBatch: Sendable {
    let outstanding: OutstandingBatch
    let sealed: SealedBatch
    let items: PendingItems
    /// `StoreReader.itemRewriteCount` when the items were read.
    let itemRewriteCount: UInt64
    /// It begins an epoch, which is stored with it.
    let isFirstOfEpoch: Bool
    /// The budget of raw bytes behind it, where there is one.
    let spent: MeteredBudget?
}
