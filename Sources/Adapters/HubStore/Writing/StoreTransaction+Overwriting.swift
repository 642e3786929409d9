import CORProtocol
package import HubCore

extension StoreTransaction {
    package var pendingRecordsLength: Int { Int(clamping: state.pendingRecords.length) }

    package func overwriteOldestRuns(lengthMin: Int) throws(StoreFault) -> [OverwrittenRun] {
        var runs: [OverwrittenRun] = []
        var length = 0
        while length < lengthMin, runs.count < RecordIntake.overwritingCountMax,
            let row = try oldestPendingRun()
        {
            let run = try summary(of: row, forwarding: .setAside)
            length += try overwrite(row)
            runs.append(OverwrittenRun(serial: run.serial, sequence: run.sequence))
        }
        return runs
    }

    /// What was in a batch before comes first, as it would in the next one.
    private func oldestPendingRun() throws(StoreFault) -> StoredRow? {
        let isRun = "payload_state = 1 AND kind = \(RecordKind.sedimentationRun.rawValue)"
        let offered = """
            WHERE \(isRun) AND item IN (SELECT item FROM items WHERE batch IS NULL AND lane = 1 AND section = 6)
            ORDER BY item
            """
        if let row = try row(.records, offered) { return row }
        return try row(
            .records,
            "WHERE item > ? AND \(isRun) AND item NOT IN (SELECT item FROM items WHERE batch = 0) "
                + "ORDER BY item", [.unsigned(state.recordCursor)])
    }

    /// - Returns: bytes of content that went.
    private func overwrite(_ row: StoredRow) throws(StoreFault) -> Int {
        var columns = row
        let item = try columns.unsigned()
        let length = try row.payloadLength
        let offeredLength = try itemRow(item, in: .record).map { $0.length }
        try update(row, [:], clearing: .overwritten)
        try compactPage(ofRecord: item)
        state.records.remove(length)
        try moveAside(item, in: .record)
        state.notePending(.record, length: offeredLength ?? ItemSection.record.itemLength(ofContent: length)) {
            $0.remove($1)
        }
        return length
    }

    /// SQLite joins pages when a row is taken from one, and not when a row becomes shorter. So it goes, and comes back.
    private func compactPage(ofRecord item: UInt64) throws(StoreFault) {
        let key = try SQLiteValue.unsigned(item)
        try connection.run("UPDATE records SET item = -item WHERE item = ?", [key])
        try connection.run("UPDATE records SET item = -item WHERE item = -?", [key])
    }
}
