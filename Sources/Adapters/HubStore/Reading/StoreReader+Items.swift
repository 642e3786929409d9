import CORProtocol
import HubCore

/// An item without its content.
struct ItemRow {
    let row: StoredRow
    let item: UInt64
    let section: ItemSection
    /// Of the item as it stands in a batch, in bytes.
    let length: Int
    /// The number of its batch.
    let batch: UInt64?
    let leaf: UInt64?

    init(_ row: StoredRow) throws(StoreFault) {
        self.row = row
        var columns = row
        item = try columns.unsigned()
        section = try columns.value(try columns.integer(), ItemSection.init(rawValue:))
        columns.skip()
        length = try columns.value(try columns.integer(), Int.init(exactly:))
        batch = try columns.optionalInteger().flatMap(UInt64.init(exactly:))
        leaf = try columns.optionalInteger().flatMap(UInt64.init(exactly:))
    }
}

extension StoreReader {
    func itemRow(_ item: UInt64) throws(StoreFault) -> ItemRow {
        guard let row = try row(.items, "WHERE item = ?", [.unsigned(item)]) else {
            throw .damaged(.itemMissing(item: item))
        }
        return try ItemRow(row)
    }

    func forwarding(of item: ItemRow) throws(StoreFault) -> ForwardingState {
        guard let number = item.batch else { return .pending }
        let batch = try batchSummary(number: number)
        return batch.receipt.map { .answered(batch.position, $0) } ?? .cut(batch.position)
    }
}
