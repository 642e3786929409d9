package import HubCore

/// A signed batch that is ready to be stored: hashed and sealed by whoever cut it, before the store's thread sees it.
package struct SealedBatch: Sendable {
    let row: SignedBatchRow
    let content: StoredContent

    /// - Parameters:
    ///   - row: Its hash is that of `bytes`.
    ///   - bytes: The signed batch.
    ///   - store: That it will be put into: its key seals.
    package init(_ row: SignedBatchRow, bytes: [UInt8], for store: HubStore) {
        self.row = row
        content = StoredContent(bytes, hash: row.hash, in: .batches, sealing: store.seal)
    }
}
