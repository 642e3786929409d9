package import CORProtocol

/// A request that contradicts what is stored. Nothing was changed.
package enum StoreRefusal: Error, Sendable, Hashable {
    /// A batch must continue the newest of its epoch, or be the first of a new epoch.
    case batchNotNext(expected: UInt64, found: UInt64)
    case previousHashDiffers(expected: SHA256Hash, found: SHA256Hash)
    /// The item is in a batch already, or there is none of this number.
    case itemNotPending(item: UInt64)
    case noSuchBatch(BatchPosition)
    /// A receipt names another batch hash than the stored one.
    case batchHashDiffers(stored: SHA256Hash, named: SHA256Hash)
    /// A number is beyond what the store can hold (2^63 - 1).
    case numberOutOfRange
    /// What may give way in a full store would not make room.
    case noRoom
    /// A value violates a constraint of its table.
    case constraint
}
