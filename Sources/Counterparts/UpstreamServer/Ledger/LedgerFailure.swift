package import COSESigning

/// The ledger could not do its work; nothing was acknowledged.
package enum LedgerFailure: Error, Sendable, Hashable {
    case storage(SQLiteFailure)
    /// An earlier failure to write: what is on the disk is unknown until the next start reads it back.
    case faulted
    case signing(COSEError)
    /// What is stored cannot be read back.
    case damaged(String)
}
