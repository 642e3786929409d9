package import HubCore

extension StoreTransaction {
    /// Removes content that an accepted receipt covers; rows and their hashes stay.
    ///
    /// What a batch carried goes by the time at which it was cut, oldest first.
    package func prune(_ cut: RetentionCut) throws(StoreFault) -> PruneReport {
        var report = PruneReport()
        // What goes again has to be here then.
        guard try unfinishedRequeues().isEmpty else { return report }
        if let before = cut.recordsBefore {
            report.recordCount = try pruneItems([.record], flag: "has_records", before: before, cut, &report)
        }
        if let before = cut.entriesBefore {
            let sections = ItemSection.allCases.filter { $0 != .record && $0 != .audit }
            report.entryCount = try pruneItems(sections, flag: "has_entries", before: before, cut, &report)
        }
        if let before = cut.auditBefore {
            report.auditCount = try pruneItems([.audit], flag: "has_audit", before: before, cut, &report)
        }
        try pruneQuarantine(cut, &report)
        if let before = cut.batchesBefore {
            let rows = try batches(where: "payload_state", before: before, countMax: cut.countMax + 1)
            for row in rows.prefix(cut.countMax) {
                report.length += try row.payloadLength
                try update(row, [:], clearing: .pruned)
            }
            report.batchCount = min(rows.count, cut.countMax)
            if rows.count > cut.countMax { report.hasMore = true }
        }
        return report
    }

    /// The oldest refused bytes, until neither age nor amount is beyond the cut.
    private func pruneQuarantine(_ cut: RetentionCut, _ report: inout PruneReport) throws(StoreFault) {
        guard let noticedColumn = StoredTable.quarantine.columns.firstIndex(of: "noticed_ms") else { return }
        let rows = try rows(
            .quarantine, "WHERE payload_state = 1 ORDER BY number LIMIT ?", [.integer(Int64(cut.countMax) + 1)])
        for row in rows {
            var columns = row
            columns.skip(noticedColumn)
            let isOld = try cut.quarantineBefore.map { (before) throws(StoreFault) in try columns.integer() < before }
            let isTooMuch = cut.quarantineLengthMax.map { state.quarantined.length > UInt64($0) }
            guard isOld == true || isTooMuch == true else { return }
            guard report.quarantineCount < cut.countMax else {
                report.hasMore = true
                return
            }
            let length = try row.payloadLength
            try update(row, [:], clearing: .pruned)
            state.quarantined.remove(length)
            report.quarantineCount += 1
            report.length += length
        }
    }

    /// - Parameter flag: The column that says whether a batch has items of these sections with their content.
    /// - Returns: How many items lost their content.
    private func pruneItems(
        _ sections: [ItemSection], flag: String, before: Int64, _ cut: RetentionCut, _ report: inout PruneReport
    ) throws(StoreFault) -> Int {
        var count = 0
        while true {
            guard let batch = try batches(where: flag, before: before, countMax: 1).first else { return count }
            let number = try batchSummary(batch).number
            for section in sections {
                for row in try itemsWithContent(section, batch: number, countMax: cut.countMax - count + 1) {
                    guard count < cut.countMax else {
                        report.hasMore = true
                        return count
                    }
                    let length = try row.payloadLength
                    try update(row, [:], clearing: .pruned)
                    if section == .record { state.records.remove(length) }
                    report.length += length
                    count += 1
                }
            }
            try update(batch, [flag: .bool(false)])
        }
    }

    /// Batches with an accepted receipt whose `flag` column is 1, oldest first.
    private func batches(where flag: String, before: Int64, countMax: Int) throws(StoreFault) -> [StoredRow] {
        try rows(
            .batches,
            "WHERE \(flag) = 1 AND cut_ms < ? AND receipt IN (1, 2) ORDER BY cut_ms LIMIT ?",
            [.integer(before), .integer(Int64(countMax))])
    }

    private func itemsWithContent(
        _ section: ItemSection, batch: UInt64, countMax: Int
    ) throws(StoreFault) -> [StoredRow] {
        try rows(
            section.table,
            "WHERE payload_state = 1 AND item IN (SELECT item FROM items WHERE batch = ? AND section = ?) "
                + "ORDER BY item LIMIT ?",
            [.unsigned(batch), .integer(section.rawValue), .integer(Int64(countMax))])
    }
}
