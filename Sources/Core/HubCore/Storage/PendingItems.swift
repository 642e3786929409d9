package import CORProtocol

/// Items that are in no batch yet, in the order of their lanes: results, gaps, events and audit entries, then records.
package struct PendingItems: Sendable, Hashable {
    /// An item with its number in the store.
    package struct Numbered<Item: Sendable & Hashable>: Sendable, Hashable {
        package var item: UInt64
        package var value: Item

        package init(item: UInt64, value: Item) {
            self.item = item
            self.value = value
        }
    }

    package var records: [Numbered<RecordItem>] = []
    package var gaps: [Numbered<Gap>] = []
    package var results: [Numbered<AnalysisResult>] = []
    package var firmwareEvents: [Numbered<FirmwareEvent>] = []
    package var deviceEvents: [Numbered<DeviceEvent>] = []
    package var audit: [Numbered<AuditEntry>] = []
    /// Encoded length of all items in bytes, not less than the true one.
    package var length = 0
    /// Items that would have been among these. They are pending until they are set aside.
    package var damaged: [DamagedItem] = []
    /// Whether more items are pending than these.
    package var hasMore = false

    package init() {}

    package var count: Int {
        records.count + gaps.count + results.count + firmwareEvents.count + deviceEvents.count + audit.count
    }

    package var isEmpty: Bool { count == 0 }

    /// The item numbers in the order of the batch's leaves: sections 6 to 11, each in its own order.
    package var itemsInLeafOrder: [UInt64] {
        records.map(\.item) + gaps.map(\.item) + results.map(\.item) + firmwareEvents.map(\.item)
            + deviceEvents.map(\.item) + audit.map(\.item)
    }
}
