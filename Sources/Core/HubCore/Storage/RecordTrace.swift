package import CORProtocol

/// The way of one record through the hub, as far as the store knows it.
package struct RecordTrace: Sendable, Hashable {
    /// A batch that carries the record or something made of it, with its receipt.
    package struct Passage: Sendable, Hashable {
        package var batch: BatchSummary
        /// The item's place among the leaves of the batch's Merkle tree.
        package var leafIndex: UInt64
        package var receipt: StoredReceipt?

        package init(batch: BatchSummary, leafIndex: UInt64, receipt: StoredReceipt?) {
            self.batch = batch
            self.leafIndex = leafIndex
            self.receipt = receipt
        }
    }

    package struct Result: Sendable, Hashable {
        package var item: UInt64
        package var result: AnalysisResult
        package var passage: Passage?

        package init(item: UInt64, result: AnalysisResult, passage: Passage?) {
            self.item = item
            self.result = result
            self.passage = passage
        }
    }

    package var record: StoredRecord
    package var passage: Passage?
    package var results: [Result]
    /// What the device gave under the same sequence and was refused.
    package var quarantined: [QuarantinedRecord]

    package init(record: StoredRecord, passage: Passage?, results: [Result], quarantined: [QuarantinedRecord]) {
        self.record = record
        self.passage = passage
        self.results = results
        self.quarantined = quarantined
    }
}
