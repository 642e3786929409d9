import CORProtocol
import HubCore

/// Puts what can be read of a damaged store into a new one.
///
/// Rows whose hashes hold are taken as they are, under their own keys. What of the rest was known is named: device
/// sequences as gaps, keys in `losses`, the whole in the audit chain. Whatever is not known to be upstream is pending
/// again, and since the end of the old history may be missing, the epoch is left out: the next start begins a new one.
struct StoreSalvage {
    let source: DamagedDatabase?
    let opened: OpenedStore
    let transaction: StoreTransaction
    var report: StoreRecovery
    /// The status that each batch's receipt gives it.
    private var receipts: [Int64: SQLiteValue] = [:]

    private var connection: SQLiteConnection { opened.connection }

    init(source: DamagedDatabase?, into opened: OpenedStore, report: StoreRecovery) {
        self.source = source
        self.opened = opened
        self.report = report
        transaction = StoreTransaction(connection: opened.connection, state: opened.state, seal: opened.seal)
    }

    /// - Parameter commitSequence: The highest that is known to have been given away.
    mutating func run(commitSequence: UInt64, now: TimeBlock) throws(StoreFault) {
        transaction.state.commitSequence = max(commitSequence, source?.state?.commitSequence ?? 0)
        try connection.run("BEGIN IMMEDIATE")
        if let source {
            try copySmallTables(of: source)
            try copyBatches(of: source)
            for section in ItemSection.allCases { try copy(section.table, of: source) }
            try copyItems(of: source)
            try copy(.resultInputs, of: source)
            report.skippedCount = source.skippedCount
            source.close()
        }
        // In the new epoch nothing waits for a receipt of the old one.
        try transaction.requeueUnreceipted()
        try settleItems()
        try noteLosses()
        try recount()
        try nameLostRecords(now: now)
        try appendAudit(now: now)
        try transaction.indexRecordIDs()
        transaction.state.commitSequence += 1
        transaction.state.checkpointItem = transaction.state.itemHead
        try transaction.writeState()
        try connection.run("COMMIT")
        try connection.checkpoint(truncating: true)
        try opened.commitSequenceFile.write(transaction.state.commitSequence)
        opened.close(keepingLog: false)
    }

    // MARK: - Rows as they are

    private mutating func copySmallTables(of source: DamagedDatabase) throws(StoreFault) {
        for table in [StoredTable.devices, .settings] {
            for row in source.namedRows(of: table) where !Self.settingsOfTheEpoch.contains(row.keyText) {
                try insert(row)
            }
        }
        for table in [StoredTable.quarantine, .losses, .erasures, .history] { try copy(table, of: source) }
    }

    /// Their absence makes the agent begin a new epoch.
    private static let settingsOfTheEpoch: Set = [
        "epoch", StoreReader.urgentSetting, StoreReader.keySetting, ContentSealing.progressSetting,
    ]

    /// A batch is kept with its receipt, or with its bytes, so that it can be sent again.
    private mutating func copyBatches(of source: DamagedDatabase) throws(StoreFault) {
        var receipts: [StoredRow] = []
        report.lostCount += try source.rows(of: .receipts) { found throws(StoreFault) in
            guard !found.isPayloadDamaged, case .integer(let batch)? = found.row.values.first else { return }
            receipts.append(found.row)
            self.receipts[batch] = found.row.values[1]
        }
        report.lostCount += try source.rows(of: .batches) { found throws(StoreFault) in
            guard case .integer(let batch)? = found.row.values.first else { return }
            let receipt = self.receipts[batch]
            guard receipt != nil || found.row.payload != nil else {
                report.lostCount += 1
                return
            }
            try insert(found, changing: ["receipt": receipt ?? .integer(0)])
        }
        for receipt in receipts {
            let batch = receipt.values[0]
            guard try connection.integer("SELECT 1 FROM batches WHERE batch = ?", [batch]) == 1 else {
                report.lostCount += 1
                continue
            }
            try insert(receipt)
        }
    }

    private mutating func copy(_ table: StoredTable, of source: DamagedDatabase) throws(StoreFault) {
        report.lostCount += try source.rows(of: table) { found throws(StoreFault) in try insert(found) }
    }

    private mutating func copyItems(of source: DamagedDatabase) throws(StoreFault) {
        report.lostCount += try source.rows(of: .items) { found throws(StoreFault) in
            let batch = found.row.values[4]
            guard batch != .null, batch != ItemRow.setAside,
                try connection.integer("SELECT 1 FROM batches WHERE batch = ?", [batch]) != 1
            else { return try insert(found) }
            try insert(found, changing: ["batch": .null, "leaf": .null])
        }
    }

    private mutating func insert(
        _ found: DamagedDatabase.Row, changing changes: [String: SQLiteValue] = [:]
    ) throws(StoreFault) {
        var changes = changes
        if found.isPayloadDamaged {
            changes["payload_state"] = .integer(Int64(StoredBytesState.lost.rawValue))
            report.withoutBytesCount += 1
        }
        try insert(found.row, changing: changes)
    }

    private mutating func insert(_ row: StoredRow, changing changes: [String: SQLiteValue] = [:]) throws(StoreFault) {
        var values = row.values
        for (index, column) in row.table.columns.enumerated() {
            if let value = changes[column] { values[index] = value }
        }
        var all = values + [.blob(row.table.rowHash(values))]
        if row.table.hasPayload { all.append(payload(of: row)) }
        do throws(StoreFault) {
            try connection.run(row.table.insertSQL, all)
            report.keptCount += 1
            if report.keptCount.isMultiple(of: Self.commitRowCount) { try commitPart() }
        } catch .refused(.constraint) {
            // Damage can show one row twice.
            report.lostCount += 1
        }
    }

    private static let commitRowCount = 256
    private static let logPageCountMax = 1_000

    /// The new store is nobody's until it is whole, so it may be written in parts: its log stays short, on a small disk too.
    private func commitPart() throws(StoreFault) {
        try connection.run("COMMIT")
        if connection.pagesInLog >= Self.logPageCountMax { try connection.checkpoint(truncating: true) }
        try connection.run("BEGIN IMMEDIATE")
    }

    private func payload(of row: StoredRow) -> SQLiteValue {
        row.payload.map { .blob(transaction.sealed($0, in: row.table).sealed) } ?? .null
    }

    // MARK: - What follows from what is missing

    /// Gives each item its place: pending where its content is there and no batch is, else set aside.
    private mutating func settleItems() throws(StoreFault) {
        for section in ItemSection.allCases {
            let name = section.table.name
            let sql = """
                SELECT item, length, payload_state FROM \(name)
                WHERE item > ? AND item NOT IN (SELECT item FROM items) ORDER BY item LIMIT \(Self.commitRowCount)
                """
            var last: Int64 = 0
            while case let rows = try connection.rows(sql, [.integer(last)]), case .integer(let end)? = rows.last?[0] {
                for row in rows {
                    guard case .integer(let length) = row[1] else { continue }
                    let isPresent = row[2] == .integer(Int64(StoredBytesState.present.rawValue))
                    try transaction.insert(
                        .items,
                        [
                            row[0], .integer(section.rawValue), .integer(section.lane.rawValue),
                            .integer(Int64(section.itemLength(ofContent: Int(clamping: length)))),
                            isPresent ? .null : ItemRow.setAside, .null,
                        ])
                }
                last = end
                try commitPart()
            }
            let gone = """
                WHERE section = \(section.rawValue) AND batch IS NULL
                AND item NOT IN (SELECT item FROM \(name) WHERE payload_state = 1)
                """
            for row in try transaction.rows(.items, gone) { try transaction.update(row, ["batch": ItemRow.setAside]) }
        }
    }

    private mutating func noteLosses() throws(StoreFault) {
        var head: Int64 = Int64(clamping: source?.state?.itemHead ?? 0)
        let items = ItemSection.allCases.map { "SELECT item FROM \($0.table.name)" }.joined(separator: " UNION ALL ")
        head = max(head, try connection.integer("SELECT max(item) FROM (\(items))") ?? 0)
        head = max(head, try connection.integer("SELECT max(item) FROM items") ?? 0)
        transaction.state.itemHead = UInt64(head)
        transaction.state.entryCursor = UInt64(head)
        transaction.state.recordCursor = UInt64(head)
        report.lostCount += try note(StoredTable.items, missingOf: items, upTo: head)
        let batchMax = try connection.integer("SELECT max(batch) FROM batches") ?? 0
        _ = try note(StoredTable.batches, missingOf: "SELECT batch FROM batches", upTo: batchMax)
    }

    /// - Returns: How many keys are missing that were not known to be.
    private func note(_ table: StoredTable, missingOf keys: String, upTo end: Int64) throws(StoreFault) -> Int {
        let ranges = try connection.rows(
            """
            SELECT key + 1, next - 1 FROM (
                SELECT key, lead(key, 1, ?1) OVER (ORDER BY key) AS next FROM (SELECT 0 AS key UNION ALL \(keys)))
            WHERE next > key + 1
            """, [.integer(end + 1)])
        var count = 0
        for range in ranges {
            guard case .integer(let first) = range[0], case .integer(let last) = range[1] else { continue }
            let isKnown = try connection.integer(
                "SELECT 1 FROM losses WHERE table_name = ? AND first <= ? AND last >= ?",
                [.text(table.name), range[0], range[1]])
            guard isKnown == nil else { continue }
            try transaction.insert(
                .losses, [try transaction.nextKey(of: .losses), .text(table.name), range[0], range[1]])
            count += Int(last - first) + 1
        }
        return count
    }

    private func recount() throws(StoreFault) {
        transaction.state.pendingRecords = try transaction.pendingTally("section = 6")
        transaction.state.pendingEntries = try transaction.pendingTally("section <> 6")
        transaction.state.records = try transaction.tally(
            "SELECT count(*), sum(length) FROM records WHERE payload_state = 1")
        transaction.state.quarantined = try transaction.tally(
            "SELECT count(*), sum(length) FROM quarantine WHERE payload_state = 1")
    }

    /// A gap for each run of device sequences that is nowhere, and for each record that lost its bytes on the hub.
    private mutating func nameLostRecords(now: TimeBlock) throws(StoreFault) {
        let known = """
            SELECT serial, sequence AS first, sequence AS last FROM records
                WHERE payload_state <> 3 OR item IN (SELECT item FROM items WHERE batch IS NOT NULL AND batch <> 0)
            UNION ALL SELECT serial, sequence, sequence FROM quarantine
            UNION ALL SELECT serial, first, last FROM gaps
            """
        let all = "SELECT serial, min(sequence) - 1 AS low, max(sequence) + 1 AS high FROM records GROUP BY serial"
        let ranges = try connection.rows(
            """
            WITH known AS (\(known)), ends AS (\(all)), marks AS (
                SELECT serial, first, last FROM known UNION ALL SELECT serial, low, low FROM ends
                UNION ALL SELECT serial, high, high FROM ends)
            SELECT serial, reach + 1, first - 1 FROM (
                SELECT serial, first, max(last) OVER (
                    PARTITION BY serial ORDER BY first, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
                FROM marks)
            WHERE reach IS NOT NULL AND first > reach + 1
            """)
        for range in ranges {
            guard case .text(let text) = range[0], case .integer(let first) = range[1],
                case .integer(let last) = range[2], let serial = DeviceSerial(text),
                let first = UInt64(exactly: first), let last = UInt64(exactly: last)
            else { continue }
            try transaction.insert(
                gap: Gap(
                    serial: serial, first: first, last: last, reason: .lost, noticed: now,
                    detail: "the store was damaged"))
            report.gapCount += 1
        }
    }

    private func appendAudit(now: TimeBlock) throws(StoreFault) {
        let counts =
            "\(report.keptCount) rows kept, \(report.lostCount) lost, \(report.withoutBytesCount) without their bytes, "
            + "\(report.gapCount) gaps" + (report.skippedCount > 0 ? ", \(report.skippedCount) keys not looked at" : "")
        let component = AuditActor(component: "store")
        try transaction.appendAudit(
            type: .storageFault, actor: component, subject: "store", outcome: "failed", time: now,
            detail: "\(report.damage)".clipped(toLength: 512))
        try transaction.appendAudit(
            type: .quarantine, actor: component, subject: "store", outcome: "done", time: now,
            detail: "set aside in \(report.folder): \(counts)".clipped(toLength: 1_024))
    }
}
