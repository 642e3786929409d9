import CORProtocol
import Glibc
package import HubCore

extension StoreReader {
    /// Sizes and what waits. Costs as much as what waits and what has its bytes, not as what was ever stored.
    package func bufferStatus() throws(StoreFault) -> BufferStatus {
        var status = BufferStatus()
        status.pendingEntries = try amount(
            "SELECT count(*), sum(length) FROM items WHERE batch IS NULL AND section <> 6")
        status.pendingRecords = try amount(
            "SELECT count(*), sum(length) FROM items WHERE batch IS NULL AND section = 6")
        status.batchesWithoutReceipt = try amount(
            "SELECT count(*), sum(length) FROM batches WHERE receipt = 0 AND \(Self.holdsItems)")
        status.batchesRejected = try amount(
            "SELECT count(*), sum(length) FROM batches WHERE receipt = 3 AND \(Self.holdsItems)")
        status.records = try amount("SELECT count(*), sum(length) FROM records WHERE payload_state = 1")
        status.quarantined = try amount("SELECT count(*), sum(length) FROM quarantine")
        if let item = try row(.items, "WHERE batch IS NULL AND lane = 1 AND section = 6 ORDER BY item") {
            let row = try content(of: .records, item: ItemRow(item).item, withPayload: false)
            status.oldestPendingRecord = try summary(of: row, forwarding: .pending).received
        }
        if let row = try row(.batches, "WHERE receipt = 0 AND \(Self.holdsItems) ORDER BY batch") {
            status.oldestBatchWithoutReceipt = try batchSummary(row).cut
        }
        let pageLength = Int(try connection.integer("PRAGMA page_size") ?? 0)
        status.databaseLength = Int(try connection.integer("PRAGMA page_count") ?? 0) * pageLength
        status.freeLength = Int(try connection.integer("PRAGMA freelist_count") ?? 0) * pageLength
        status.logLength = Self.length(ofFile: connection.path + "-wal")
        status.commitSequence = commitSequence
        return status
    }

    /// A batch that was given up keeps its row and its bytes, and its items are in others.
    static var holdsItems: String { "EXISTS (SELECT 1 FROM items WHERE items.batch = batches.batch)" }

    /// Rows of all tables.
    func rowCount() throws(StoreFault) -> Int {
        var count: Int64 = 0
        for table in StoredTable.all { count += try connection.integer("SELECT count(*) FROM \(table.name)") ?? 0 }
        return Int(count)
    }

    private func amount(_ sql: String) throws(StoreFault) -> BufferStatus.Amount {
        guard let row = try connection.rows(sql, countMax: 1).first, row.count == 2, case .integer(let count) = row[0]
        else { return BufferStatus.Amount() }
        guard case .integer(let length) = row[1] else { return BufferStatus.Amount(count: Int(count)) }
        return BufferStatus.Amount(count: Int(count), length: Int(length))
    }

    /// 0 where there is no such file: the log is made by the first write.
    private static func length(ofFile path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
