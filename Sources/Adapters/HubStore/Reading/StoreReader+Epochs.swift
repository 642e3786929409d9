package import CORProtocol
package import HubCore

extension StoreReader {
    /// The batch of this epoch that is to be sent next. Those of an earlier epoch that have no receipt were given up, and
    /// their items are pending again.
    package func oldestUnreceiptedBatch(of epoch: Epoch) throws(StoreFault) -> SignedBatchRow? {
        guard
            let row = try row(.batches, "WHERE receipt = 0 AND epoch = ? ORDER BY batch", [.blob(epoch.bytes)])
        else { return nil }
        return try batch(try batchSummary(row).position)
    }

    /// The receipt that was stored last.
    package func newestReceipt() throws(StoreFault) -> StoredReceipt? {
        guard var row = try row(.receipts, "ORDER BY batch DESC") else { return nil }
        return try receipt(batchNumber: try row.unsigned())
    }

    /// Batches that the upstream rejected and whose items still lie with them, oldest first.
    package func rejectedBatches(countMax: Int = 1_000) throws(StoreFault) -> [BatchSummary] {
        var batches: [BatchSummary] = []
        for row in try rows(
            .batches,
            "WHERE receipt = 3 AND \(Self.holdsItems) ORDER BY batch LIMIT ?",
            [.integer(Int64(countMax))])
        {
            batches.append(try batchSummary(row))
        }
        return batches
    }

    /// Gaps that the next batch names before anything else, their encoded length, and whether the batch behind it has to name
    /// more of them.
    package func gapsToNameFirst() throws(StoreFault) -> (
        gaps: [PendingItems.Numbered<Gap>], length: Int, hasMore: Bool
    ) {
        var gaps: [PendingItems.Numbered<Gap>] = []
        var length = 0
        let items = try itemsToNameFirst()
        for item in items.prefix(Self.urgentCountMax) {
            let row = try content(of: .gaps, item: item)
            gaps.append(.init(item: item, value: try row.payloadShape(Gap.self)))
            length += try row.payloadLength
        }
        return (gaps, length, items.count > Self.urgentCountMax)
    }

    /// Gaps that one batch names before anything else; more follow in the next.
    private static var urgentCountMax: Int { 256 }
    static var urgentSetting: String { "gaps-to-name-first" }

    /// Item numbers, 8 bytes each.
    func itemsToNameFirst() throws(StoreFault) -> [UInt64] {
        let bytes = try setting(Self.urgentSetting) ?? []
        return stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { start in
            bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
