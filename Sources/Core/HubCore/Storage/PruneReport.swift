/// What one call of prune removed.
package struct PruneReport: Sendable, Hashable {
    package var recordCount = 0
    package var batchCount = 0
    package var entryCount = 0
    package var auditCount = 0
    package var quarantineCount = 0
    /// Bytes that were removed.
    package var length = 0
    /// Whether a further call would remove more.
    package var hasMore = false

    package init() {}

    package var isEmpty: Bool {
        length == 0 && recordCount + batchCount + entryCount + auditCount + quarantineCount == 0
    }
}
