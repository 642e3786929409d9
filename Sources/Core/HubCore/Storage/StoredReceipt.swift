package import CORProtocol

/// A receipt as it came, beside what it says.
package struct StoredReceipt: Sendable, Hashable {
    package var receipt: Receipt
    /// The signed receipt.
    package var bytes: [UInt8]

    package init(receipt: Receipt, bytes: [UInt8]) {
        self.receipt = receipt
        self.bytes = bytes
    }
}
