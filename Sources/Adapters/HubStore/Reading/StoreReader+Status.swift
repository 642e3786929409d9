import CORProtocol
import Glibc
package import HubCore

extension StoreReader {
    /// Sizes and what waits. Costs as much as the batches without an accepted receipt, not as what was ever stored.
    package func bufferStatus() throws(StoreFault) -> BufferStatus {
        var status = BufferStatus()
        status.pendingEntries = BufferStatus.Amount(state.pendingEntries)
        status.pendingRecords = BufferStatus.Amount(state.pendingRecords)
        status.batchesWithoutReceipt = try amount(
            "SELECT count(*), sum(length) FROM batches WHERE receipt = 0 AND \(Self.holdsItems)")
        status.batchesRejected = try amount(
            "SELECT count(*), sum(length) FROM batches WHERE receipt = 3 AND \(Self.holdsItems)")
        status.records = BufferStatus.Amount(state.records)
        status.quarantined = BufferStatus.Amount(state.quarantined)
        if let item = try oldestPendingRecord() {
            let row = try content(of: .records, item: item, withPayload: false)
            status.oldestPendingRecord = try summary(of: row, forwarding: .pending).received
        }
        if let row = try row(.batches, "WHERE receipt = 0 AND \(Self.holdsItems) ORDER BY batch") {
            status.oldestBatchWithoutReceipt = try batchSummary(row).cut
        }
        (status.databaseLength, status.freeLength) = try fileLengths()
        status.logLength = Self.length(ofFile: connection.path + "-wal")
        status.commitSequence = commitSequence
        return status
    }

    /// What the store takes of the disk, and could still get.
    package func usage() throws(StoreFault) -> StorageUsage {
        let (databaseLength, freeLength) = try fileLengths()
        var disk = statvfs()
        guard statvfs(connection.path, &disk) == 0 else { throw StoreFault(errno: errno, path: connection.path) }
        let (available, isBeyond) = Int(clamping: disk.f_bavail).multipliedReportingOverflow(by: Int(disk.f_frsize))
        return StorageUsage(
            usedLength: databaseLength - freeLength,
            availableLength: isBeyond ? .max : available &+ min(freeLength, .max - available))
    }

    /// Of the database, in bytes: the whole, and what of it is free for new rows.
    private func fileLengths() throws(StoreFault) -> (whole: Int, free: Int) {
        let pageLength = Int(try connection.integer("PRAGMA page_size") ?? 0)
        return (
            Int(try connection.integer("PRAGMA page_count") ?? 0) * pageLength,
            Int(try connection.integer("PRAGMA freelist_count") ?? 0) * pageLength
        )
    }

    /// A batch that was given up keeps its row and its bytes, and its items are in others.
    static var holdsItems: String { "EXISTS (SELECT 1 FROM items WHERE items.batch = batches.batch)" }

    private func oldestPendingRecord() throws(StoreFault) -> UInt64? {
        if let row = try row(.items, "WHERE batch IS NULL AND lane = 1 AND section = 6 ORDER BY item") {
            return try ItemRow(row).item
        }
        guard state.pendingRecords.count > 0 else { return nil }
        let item = try connection.integer(
            "SELECT min(item) FROM records WHERE item > ?", [.unsigned(state.recordCursor)])
        return item.flatMap(UInt64.init(exactly:))
    }

    /// Damage when a tally of the state is not what the rows come to. Reads every row's head.
    func tallyProblem(of state: StoreState) throws(StoreFault) -> StoreDamage? {
        let records = try tally("SELECT count(*), sum(length) FROM records WHERE payload_state = 1")
        guard records == state.records else { return .tally("records") }
        guard try tally("SELECT count(*), sum(length) FROM quarantine WHERE payload_state = 1") == state.quarantined
        else {
            return .tally("quarantine")
        }
        let pending = try pendingTallies()
        if pending.records != state.pendingRecords { return .tally("pending records") }
        return pending.entries == state.pendingEntries ? nil : .tally("pending entries")
    }

    /// What is pending, counted. Reads the head of every pending row.
    func pendingTallies() throws(StoreFault) -> (records: StoreState.Tally, entries: StoreState.Tally) {
        var (records, entries) = (StoreState.Tally(), StoreState.Tally())
        for lane in ItemSection.Lane.allCases {
            for section in lane.sections {
                let offered = try pendingTally("section = \(section.rawValue)")
                let fresh = try tally(
                    "SELECT count(*), sum(length + \(section.itemLength(ofContent: 0))) FROM \(section.table.name) "
                        + "WHERE item > \(state.cursor(of: lane)) "
                        + "AND item NOT IN (SELECT item FROM items WHERE batch = 0)")
                for found in [offered, fresh] {
                    if section == .record { records.add(found) } else { entries.add(found) }
                }
            }
        }
        return (records, entries)
    }

    /// Rows of all tables.
    func rowCount() throws(StoreFault) -> Int {
        var count: Int64 = 0
        for table in StoredTable.all { count += try connection.integer("SELECT count(*) FROM \(table.name)") ?? 0 }
        return Int(count)
    }

    /// Items in `items` that are in no batch, and wait.
    func pendingTally(_ condition: String) throws(StoreFault) -> StoreState.Tally {
        try tally("SELECT count(*), sum(length) FROM items WHERE batch IS NULL AND \(condition)")
    }

    func tally(_ sql: String) throws(StoreFault) -> StoreState.Tally {
        let amount = try amount(sql)
        return StoreState.Tally(count: UInt64(amount.count), length: UInt64(amount.length))
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

extension BufferStatus.Amount {
    init(_ tally: StoreState.Tally) {
        self.init(count: Int(clamping: tally.count), length: Int(clamping: tally.length))
    }
}
