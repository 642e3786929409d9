package import CORProtocol

/// A stored batch without its bytes.
package struct BatchSummary: Sendable, Hashable {
    /// The number in the store, ascending over all epochs.
    package var number: UInt64
    package var position: BatchPosition
    package var hash: SHA256Hash
    package var previousHash: SHA256Hash
    package var cut: TimeBlock
    package var itemCount: Int
    /// Length of the signed batch in bytes, also where the bytes are gone.
    package var length: Int
    package var bytesState: StoredBytesState
    /// nil while no receipt is stored.
    package var receipt: ReceiptStatus?

    package init(
        number: UInt64, position: BatchPosition, hash: SHA256Hash, previousHash: SHA256Hash, cut: TimeBlock,
        itemCount: Int, length: Int, bytesState: StoredBytesState, receipt: ReceiptStatus?
    ) {
        self.number = number
        self.position = position
        self.hash = hash
        self.previousHash = previousHash
        self.cut = cut
        self.itemCount = itemCount
        self.length = length
        self.bytesState = bytesState
        self.receipt = receipt
    }
}
