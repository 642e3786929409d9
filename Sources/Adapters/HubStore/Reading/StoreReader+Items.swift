import CORProtocol
import HubCore

/// An item that was offered to a batch, without its content.
struct ItemRow {
    let row: StoredRow
    let item: UInt64
    let section: ItemSection
    /// Of the item as it stands in a batch, in bytes.
    let length: Int
    /// The number of its batch.
    let batch: UInt64?
    let leaf: UInt64?

    /// Stands in `batch` for an item that is in no batch and not pending: it, or its content, was found damaged.
    static let setAside = SQLiteValue.integer(0)

    var isSetAside: Bool { batch == 0 }

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

/// An item that is pending, as far as cutting a batch needs to know it.
struct OfferedItem {
    let item: UInt64
    let section: ItemSection
    /// Of the item as it stands in a batch, in bytes.
    let length: Int
}

extension StoreReader {
    /// nil for an item that was not offered to a batch yet.
    func itemRow(_ item: UInt64, in section: ItemSection) throws(StoreFault) -> ItemRow? {
        guard let row = try row(.items, "WHERE item = ?", [.unsigned(item)]) else {
            guard item > state.cursor(of: section.lane) else { throw .damaged(.itemMissing(item: item)) }
            return nil
        }
        return try ItemRow(row)
    }

    /// The section of an item number, and its content: in each table there may be one, and in one there must be.
    func itemContent(_ item: UInt64, withPayload: Bool) throws(StoreFault) -> (section: ItemSection, row: StoredRow) {
        guard let content = try contentIfPresent(of: item, withPayload: withPayload) else {
            throw .damaged(.itemMissing(item: item))
        }
        return content
    }

    func contentIfPresent(
        of item: UInt64, withPayload: Bool
    ) throws(StoreFault) -> (section: ItemSection, row: StoredRow)? {
        for section in ItemSection.allCases {
            if let row = try row(section.table, "WHERE item = ?", [.unsigned(item)], withPayload: withPayload) {
                return (section, row)
            }
        }
        return nil
    }

    func forwarding(of item: UInt64, in section: ItemSection) throws(StoreFault) -> ForwardingState {
        guard let row = try itemRow(item, in: section), let number = row.batch else { return .pending }
        if row.isSetAside { return .setAside }
        let batch = try batchSummary(number: number)
        return batch.receipt.map { .answered(batch.position, $0) } ?? .cut(batch.position)
    }

    /// Items of the lane that were offered to a batch and are in none, behind `item`, oldest first.
    func itemsOffered(in lane: ItemSection.Lane, after item: UInt64, countMax: Int) throws(StoreFault) -> [OfferedItem]
    {
        var items: [OfferedItem] = []
        for row in try rows(
            .items, "WHERE batch IS NULL AND lane = ? AND item > ? ORDER BY item LIMIT ?",
            [.integer(lane.rawValue), .unsigned(item), .integer(Int64(countMax))])
        {
            let row = try ItemRow(row)
            items.append(OfferedItem(item: row.item, section: row.section, length: row.length))
        }
        return items
    }

    /// Items of the lane that were never offered to a batch, behind `item` where that is beyond the lane's cursor,
    /// oldest first.
    func itemsBeyondCursor(
        of lane: ItemSection.Lane, after item: UInt64 = 0, countMax: Int
    ) throws(StoreFault) -> [OfferedItem] {
        let after = max(item, state.cursor(of: lane))
        guard after < state.itemHead else { return [] }
        var items: [OfferedItem] = []
        for row in try connection.rows(lane.contentSQL, [.unsigned(after), .integer(Int64(countMax))]) {
            guard case .integer(let number) = row[0], case .integer(let sectionNumber) = row[1],
                case .integer(let length) = row[2], let item = UInt64(exactly: number),
                let section = ItemSection(rawValue: sectionNumber), let length = Int(exactly: length)
            else { throw .damaged(.stateMissing) }
            items.append(OfferedItem(item: item, section: section, length: section.itemLength(ofContent: length)))
        }
        return items
    }
}

extension ItemSection.Lane {
    /// Item, section and content's length of the lane's items behind `?1`, oldest first, at most `?2`.
    fileprivate var contentSQL: String {
        switch self {
        case .entries: Self.entriesSQL
        case .records: Self.recordsSQL
        }
    }

    private static let entriesSQL = Self.union(of: .entries)
    private static let recordsSQL = Self.union(of: .records)

    private static func union(of lane: Self) -> String {
        let parts = lane.sections.map {
            "SELECT item, \($0.rawValue), length FROM \($0.table.name) WHERE item > ?1 "
                + "AND item NOT IN (SELECT item FROM items WHERE batch = 0)"
        }
        return parts.joined(separator: " UNION ALL ") + " ORDER BY 1 LIMIT ?2"
    }
}
