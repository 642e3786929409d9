/// A batch that was just made durable.
package struct BatchCut: Sendable, Equatable {
    package var batch: OutstandingBatch
    package var itemCount: Int
    /// Whether more items are pending than it took.
    package var hasMore: Bool

    package init(_ batch: OutstandingBatch, itemCount: Int, hasMore: Bool) {
        self.batch = batch
        self.itemCount = itemCount
        self.hasMore = hasMore
    }

    var announcement: MonitorEvent {
        .batchCut(
            epoch: batch.position.epoch, sequence: batch.position.sequence, itemCount: itemCount,
            length: batch.bytes.count)
    }
}
