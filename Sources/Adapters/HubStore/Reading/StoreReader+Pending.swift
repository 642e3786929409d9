import CBORCoding
import CORProtocol
package import HubCore

extension StoreReader {
    /// The items that a batch of at most `lengthMax` bytes and `countMax` items takes next.
    ///
    /// Results, events and audit entries come first, then records and gaps; in each lane the oldest, and first what was
    /// in a batch before. The first item is taken whatever its length.
    package func pendingItems(lengthMax: Int, countMax: Int) throws(StoreFault) -> PendingItems {
        var pending = PendingItems()
        for lane in ItemSection.Lane.allCases {
            var after: UInt64 = 0
            while true {
                let page = try pendingPage(lane, after: after)
                for item in page {
                    guard pending.count + pending.damaged.count < countMax,
                        pending.isEmpty || pending.length + item.length <= lengthMax
                    else {
                        pending.hasMore = true
                        return pending
                    }
                    do throws(StoreFault) {
                        try add(item, to: &pending)
                        pending.length += item.length
                    } catch .damaged(let damage) where connection.failure == nil {
                        pending.damaged.append(DamagedItem(item: item.item, damage: damage))
                    } catch {
                        throw error
                    }
                    after = item.item
                }
                if page.isEmpty { break }
            }
        }
        return pending
    }

    /// What was offered before comes first: its numbers are up to the lane's cursor.
    private func pendingPage(_ lane: ItemSection.Lane, after item: UInt64) throws(StoreFault) -> [OfferedItem] {
        if item < state.cursor(of: lane) {
            let offered = try itemsOffered(in: lane, after: item, countMax: Self.pendingPageCount)
            if !offered.isEmpty { return offered }
        }
        return try itemsBeyondCursor(of: lane, after: item, countMax: Self.pendingPageCount)
    }

    private static var pendingPageCount: Int { 64 }

    private func add(_ item: OfferedItem, to pending: inout PendingItems) throws(StoreFault) {
        let number = item.item
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

    private func entry<Entry: CBORShape>(_ item: OfferedItem) throws(StoreFault) -> Entry {
        try content(of: item.section.table, item: item.item).payloadShape(Entry.self)
    }
}
