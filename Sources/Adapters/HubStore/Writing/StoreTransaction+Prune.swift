package import HubCore

extension StoreTransaction {
    /// Removes content that an accepted receipt covers; rows and their hashes stay.
    package func prune(_ cut: RetentionCut) throws(StoreFault) -> PruneReport {
        var report = PruneReport()
        if let before = cut.recordsBefore {
            report.recordCount = try prune(.records, timeColumn: "received_ms", before: before, cut, &report)
        }
        if let before = cut.batchesBefore {
            report.batchCount = try prune(.batches, timeColumn: "cut_ms", before: before, cut, &report)
        }
        if let before = cut.entriesBefore {
            for section in ItemSection.allCases where section != .record {
                report.entryCount += try prune(section.table, timeColumn: "made_ms", before: before, cut, &report)
            }
        }
        return report
    }

    /// - Returns: How many rows lost their content.
    private func prune(
        _ table: StoredTable, timeColumn: String, before: Int64, _ cut: RetentionCut, _ report: inout PruneReport
    ) throws(StoreFault) -> Int {
        let covered =
            table.name == StoredTable.batches.name
            ? "receipt IN (1, 2)"
            : """
            EXISTS (SELECT 1 FROM items JOIN receipts ON receipts.batch = items.batch
            WHERE items.item = \(table.name).item AND receipts.status IN (1, 2))
            """
        let rows = try rows(
            table,
            "WHERE payload_state = 1 AND \(timeColumn) < ? AND \(covered) ORDER BY \(timeColumn) LIMIT ?",
            [.integer(before), .integer(Int64(cut.countMax) + 1)])
        for row in rows.prefix(cut.countMax) {
            try update(row, [:], clearingPayload: true)
            report.length += try row.payloadLength
        }
        if rows.count > cut.countMax { report.hasMore = true }
        return min(rows.count, cut.countMax)
    }
}
