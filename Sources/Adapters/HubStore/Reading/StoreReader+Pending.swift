import CBORCoding
import CORProtocol
package import HubCore

extension StoreReader {
    /// The items that a batch of at most `lengthMax` bytes and `countMax` items takes next.
    ///
    /// Results, gaps, events and audit entries come first, then records. The first item is taken whatever its length.
    package func pendingItems(lengthMax: Int, countMax: Int) throws(StoreFault) -> PendingItems {
        var pending = PendingItems()
        var after: (lane: Int64, item: Int64) = (0, 0)
        while true {
            let page = try rows(
                .items,
                "WHERE batch IS NULL AND (lane, item) > (?, ?) ORDER BY lane, item LIMIT ?",
                [.integer(after.lane), .integer(after.item), .integer(Self.pendingPageCount)])
            for row in page {
                let item = try ItemRow(row)
                guard pending.count < countMax, pending.isEmpty || pending.length + item.length <= lengthMax else {
                    pending.hasMore = true
                    return pending
                }
                try add(item, to: &pending)
                after = (item.section.lane, Int64(item.item))
            }
            guard page.count == Int(Self.pendingPageCount) else { return pending }
        }
    }

    private static var pendingPageCount: Int64 { 64 }

    private func add(_ item: ItemRow, to pending: inout PendingItems) throws(StoreFault) {
        let number = item.item
        pending.length += item.length
        switch item.section {
        case .record:
            pending.records.append(.init(item: number, value: try recordItem(number)))
        case .gap:
            pending.gaps.append(.init(item: number, value: try entry(item)))
        case .result:
            pending.results.append(.init(item: number, value: try entry(item)))
        case .firmwareEvent:
            pending.firmwareEvents.append(.init(item: number, value: try entry(item)))
        case .deviceEvent:
            pending.deviceEvents.append(.init(item: number, value: try entry(item)))
        case .audit:
            pending.audit.append(.init(item: number, value: try entry(item)))
        }
    }

    private func entry<Entry: CBORShape>(_ item: ItemRow) throws(StoreFault) -> Entry {
        try content(of: item.section.table, item: item.item).payloadShape(Entry.self)
    }
}
