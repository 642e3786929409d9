package import CORProtocol
package import HubCore

extension StoreTransaction {
    /// Makes everything pending again that lies in a batch without a receipt. The batches stay as they are.
    ///
    /// - Returns: How many items.
    @discardableResult
    package func requeueUnreceipted() throws(StoreFault) -> Int {
        var count = 0
        for row in try rows(.batches, "WHERE receipt = 0 ORDER BY batch") {
            count += try requeueItems(ofBatch: try batchSummary(row).number)
        }
        return count
    }

    /// Makes everything pending again that lies in a rejected batch.
    ///
    /// - Returns: How many items; 0 where that was done before.
    /// - Throws: `refused` for a batch that is not there or was not rejected.
    package func requeueRejected(_ position: BatchPosition) throws(StoreFault) -> Int {
        guard let batch = try batchSummary(position), batch.receipt == .rejected else {
            throw .refused(.noSuchBatch(position))
        }
        return try requeueItems(ofBatch: batch.number)
    }

    /// Takes batches of this epoch back that stand behind one: what they hold is pending again, and their sequences are free.
    ///
    /// The caller knows that none was ever sent.
    package func withdrawBatches(behind position: BatchPosition) throws(StoreFault) {
        let behind = try rows(
            .batches, "WHERE receipt = 0 AND epoch = ? AND sequence > ? ORDER BY batch",
            [.blob(position.epoch.bytes), .unsigned(position.sequence)])
        for row in behind {
            let number = try batchSummary(row).number
            try requeueItems(ofBatch: number)
            try connection.run("DELETE FROM batches WHERE batch = ?", [.unsigned(number)])
        }
    }

    @discardableResult
    private func requeueItems(ofBatch number: UInt64) throws(StoreFault) -> Int {
        let rows = try rows(.items, "WHERE batch = ? ORDER BY item", [.unsigned(number)])
        for row in rows { try makePending(try ItemRow(row)) }
        return rows.count
    }

    /// Takes an item out of its batch. A gap that has to be named first is so again.
    func makePending(_ item: ItemRow) throws(StoreFault) {
        try update(item.row, ["batch": .null, "leaf": .null])
        state.notePending(item.section, length: item.length) { $0.add($1) }
        guard item.section == .gap else { return }
        do throws(StoreFault) {
            let gap = try content(of: .gaps, item: item.item).payloadShape(Gap.self)
            guard gap.reason.goesFirst else { return }
        } catch .damaged where connection.failure == nil {
            return  // Who cuts the next batch finds it, and sets it aside.
        }
        let waiting = try itemsToNameFirst()
        if !waiting.contains(item.item) { try setItemsToNameFirst(waiting + [item.item]) }
    }

    /// Stores gaps, and lets the next batch name them before anything else that waits.
    package func nameFirst(_ gaps: [Gap]) throws(StoreFault) {
        guard !gaps.isEmpty else { return }
        var items = try itemsToNameFirst()
        for gap in gaps {
            try insert(gap: gap)
            items.append(state.itemHead)
        }
        try setItemsToNameFirst(items)
    }

    /// A batch names these gaps.
    package func named(_ gaps: [UInt64]) throws(StoreFault) {
        let waiting = try itemsToNameFirst()
        let left = waiting.filter { !gaps.contains($0) }
        if left.count < waiting.count { try setItemsToNameFirst(left) }
    }

    private func setItemsToNameFirst(_ items: [UInt64]) throws(StoreFault) {
        try set(
            Self.urgentSetting,
            items.flatMap { item in (0..<8).map { UInt8(truncatingIfNeeded: item >> (56 - $0 * 8)) } })
    }
}
