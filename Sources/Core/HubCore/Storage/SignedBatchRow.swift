package import CORProtocol

/// A signed batch as the store keeps it.
package struct SignedBatchRow: Sendable, Hashable {
    package var position: BatchPosition
    /// SHA-256 of `bytes`.
    package var hash: SHA256Hash
    package var previousHash: SHA256Hash
    /// The signed batch; nil once it was pruned.
    package var bytes: [UInt8]?
    package var cut: TimeBlock

    package init(
        position: BatchPosition, hash: SHA256Hash, previousHash: SHA256Hash, bytes: [UInt8]?, cut: TimeBlock
    ) {
        self.position = position
        self.hash = hash
        self.previousHash = previousHash
        self.bytes = bytes
        self.cut = cut
    }
}
