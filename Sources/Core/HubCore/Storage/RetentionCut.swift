/// What may be removed, by the hub's wall clock in milliseconds since 1970. nil removes nothing of that kind.
///
/// Whatever the cut says, only what an accepted receipt covers is removed, and rows with their hashes stay.
package struct RetentionCut: Sendable, Hashable {
    /// Bytes of records that were received before.
    package var recordsBefore: Int64?
    /// Bytes of batches that were cut before.
    package var batchesBefore: Int64?
    /// Content of results, gaps, events and audit entries that were made before.
    package var entriesBefore: Int64?
    /// Rows of each kind that one call removes at most.
    package var countMax: Int

    package init(
        recordsBefore: Int64? = nil, batchesBefore: Int64? = nil, entriesBefore: Int64? = nil, countMax: Int = 500
    ) {
        self.recordsBefore = recordsBefore
        self.batchesBefore = batchesBefore
        self.entriesBefore = entriesBefore
        self.countMax = countMax
    }
}
