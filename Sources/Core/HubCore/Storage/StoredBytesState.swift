/// Whether a row still has its payload. The payload's hash stays in every state.
package enum StoredBytesState: UInt8, Sendable, Hashable {
    case present = 1
    /// Removed behind an accepted receipt.
    case pruned = 2
    /// Found damaged, and left behind when the store was made anew.
    case lost = 3
    /// Removed because the person whose it was wants it so.
    case erased = 4
    /// Gave way to newer ones in a full store before it was sent: `StorageQuota.overwritesUnsentRuns`.
    case overwritten = 5
}
