/// Why the store did not do what it was asked to.
///
/// After `full`, `io` or `damaged` out of a write the store takes no more writes: what the kernel holds of a file after
/// a failed fsync is unknown, so the truth is read from the disk at the next start.
package enum StoreFault: Error, Sendable, Hashable {
    /// The directory or a file in it could not be opened or made.
    case cannotOpen(path: String, errno: Int32)
    /// The file is a database of something else.
    case notAStore(path: String)
    case readOnly
    case full
    /// A read, write or fsync failed; `code` is SQLite's extended result code or an errno.
    case io(code: Int32)
    /// Another process holds the store.
    case inUse(pid: Int32?)
    case damaged(StoreDamage)
    /// A newer program wrote this store.
    case formatTooNew(found: Int, supported: Int)
    /// The store's content is sealed under another key than the one that was given; both by their ids.
    case otherKey(expected: String, found: String)
    /// The request contradicts what is stored.
    case refused(StoreRefusal)
    /// More requests wait than `limit`.
    case overloaded(limit: Int)
    /// The store was closed, or an earlier write failed and it takes no more of them.
    case closed
    /// SQLite answered what no rule foresees; `code` is its extended result code.
    case unexpected(code: Int32)

    /// Whether nothing can be stored any more until the next start.
    package var endsWriting: Bool {
        switch self {
        case .full, .io, .damaged, .readOnly, .closed, .unexpected: true
        case .cannotOpen, .notAStore, .inUse, .formatTooNew, .otherKey, .refused, .overloaded: false
        }
    }
}
