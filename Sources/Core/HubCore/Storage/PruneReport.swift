/// What one call of prune removed.
package struct PruneReport: Sendable, Hashable {
    package var recordCount = 0
    package var batchCount = 0
    package var entryCount = 0
    /// Bytes that were removed.
    package var length = 0
    /// Whether a further call would remove more.
    package var hasMore = false

    package init() {}

    package var isEmpty: Bool { recordCount == 0 && batchCount == 0 && entryCount == 0 }
}
