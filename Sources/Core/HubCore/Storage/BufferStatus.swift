package import CORProtocol

/// How much is stored, and how much of it waits.
package struct BufferStatus: Sendable, Hashable {
    package struct Amount: Sendable, Hashable {
        package var count = 0
        /// In bytes.
        package var length = 0

        package init(count: Int = 0, length: Int = 0) {
            self.count = count
            self.length = length
        }
    }

    /// Results, gaps, events and audit entries in no batch yet.
    package var pendingEntries = Amount()
    /// Records in no batch yet.
    package var pendingRecords = Amount()
    /// Batches without a receipt.
    package var batchesWithoutReceipt = Amount()
    /// Batches that the upstream rejected and whose items were not sent again.
    package var batchesRejected = Amount()
    /// Records whose bytes are stored, in whatever state.
    package var records = Amount()
    package var quarantined = Amount()
    /// When the oldest record in no batch yet was received.
    package var oldestPendingRecord: TimeBlock?
    /// When the oldest batch without a receipt was cut.
    package var oldestBatchWithoutReceipt: TimeBlock?
    /// Length of the database file in bytes.
    package var databaseLength = 0
    /// Length of the write-ahead log in bytes.
    package var logLength = 0
    /// Bytes of the database file that are free for new rows.
    package var freeLength = 0
    package var commitSequence: UInt64 = 0

    package init() {}
}
