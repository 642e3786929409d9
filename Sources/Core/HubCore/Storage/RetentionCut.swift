/// What may be removed, by the upstream's time in the receipts, in milliseconds since 1970. nil removes nothing of that kind.
///
/// Whatever the cut says, only what an accepted receipt covers is removed, refused bytes apart, and rows with their hashes stay.
package struct RetentionCut: Sendable, Hashable {
    /// Bytes of records whose receipt was signed before.
    package var recordsBefore: Int64?
    /// Bytes of batches whose receipt was signed before.
    package var batchesBefore: Int64?
    /// Content of results, gaps and events whose receipt was signed before.
    package var entriesBefore: Int64?
    /// Content of audit entries whose receipt was signed before.
    package var auditBefore: Int64?
    /// Refused bytes that were noticed before; they wait for no receipt.
    package var quarantineBefore: Int64?
    /// Refused bytes that may stay in all, whatever their age; the oldest go.
    package var quarantineLengthMax: Int?
    /// Rows of each kind that one call removes at most.
    package var countMax: Int

    package init(
        recordsBefore: Int64? = nil, batchesBefore: Int64? = nil, entriesBefore: Int64? = nil,
        auditBefore: Int64? = nil, quarantineBefore: Int64? = nil, quarantineLengthMax: Int? = nil,
        countMax: Int = 500
    ) {
        self.recordsBefore = recordsBefore
        self.batchesBefore = batchesBefore
        self.entriesBefore = entriesBefore
        self.auditBefore = auditBefore
        self.quarantineBefore = quarantineBefore
        self.quarantineLengthMax = quarantineLengthMax
        self.countMax = countMax
    }
}
