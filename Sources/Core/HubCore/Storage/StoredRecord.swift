/// A stored record with its bytes.
package struct StoredRecord: Sendable, Hashable {
    package var summary: RecordSummary
    /// The device's bytes as received; nil once they were pruned.
    package var bytes: [UInt8]?

    package init(summary: RecordSummary, bytes: [UInt8]?) {
        self.summary = summary
        self.bytes = bytes
    }
}
