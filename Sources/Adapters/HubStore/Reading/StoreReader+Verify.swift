import CORProtocol
import HubCore

/// A full check of the store in steps, so that writes can pass between them.
struct StoreVerification: Sendable {
    /// Rows that one step reads; at most this many payloads are in memory.
    static let stepRowCount: Int64 = 64

    private(set) var report = VerifyReport()
    private var tables = StoredTable.all[...]
    /// The key behind which the present table goes on; nil at its beginning.
    private var key: SQLiteValue?
    private var auditEnd = AuditHead(sequence: 0, hash: .zero)
    private var auditItem: UInt64 = 0
    private var batchEnd: BatchHead?
    private var batchNumber: UInt64 = 0
    /// Items up to this one were found to be in one place each.
    private var itemEnd: UInt64 = 0

    /// Checks up to `stepRowCount` further rows.
    ///
    /// - Returns: Whether more is to be checked.
    mutating func step(_ reader: StoreReader) throws(StoreFault) -> Bool {
        guard let table = tables.first else {
            if itemEnd < reader.state.itemHead {
                try checkItems(reader)
                return true
            }
            try checkEnds(reader)
            return false
        }
        let clause = (key == nil ? "" : "WHERE \(table.key) > ? ") + "ORDER BY \(table.key) LIMIT ?"
        let sql = (table.hasPayload ? table.selectWithPayloadSQL : table.selectSQL) + " " + clause
        let page = try reader.connection.rows(sql, (key.map { [$0] } ?? []) + [.integer(Self.stepRowCount)])
        for columns in page {
            report.rowCount += 1
            if table.hasPayload { report.payloadCount += 1 }
            do throws(StoreFault) {
                let row = try StoredRow(
                    table, columns: columns, opening: table.hasPayload ? reader.seal : nil)
                try check(row, reader)
            } catch {
                if try reader.isSetAside(columns.first, of: table) {
                    report.setAsideCount += 1
                } else {
                    try note(error)
                }
            }
        }
        key = page.last?.first
        if page.count < Int(Self.stepRowCount) {
            tables.removeFirst()
            key = nil
        }
        return true
    }

    private mutating func check(_ row: StoredRow, _ reader: StoreReader) throws(StoreFault) {
        switch row.table.name {
        case StoredTable.items.name: _ = try ItemRow(row)
        case StoredTable.audit.name: try checkAudit(row, reader)
        case StoredTable.batches.name: try checkBatch(row, reader)
        case StoredTable.results.name: try checkResult(row, reader)
        default: break
        }
    }

    /// Checks for the next item numbers that each was given to one content, and is in `items` or behind its cursor.
    private mutating func checkItems(_ reader: StoreReader) throws(StoreFault) {
        let end = min(itemEnd + UInt64(Self.stepRowCount) * 4, reader.state.itemHead)
        let range = [try SQLiteValue.unsigned(itemEnd + 1), try .unsigned(end)]
        var contents: [UInt64: ItemSection] = [:]
        for section in ItemSection.allCases {
            let sql = "SELECT item FROM \(section.table.name) WHERE item BETWEEN ? AND ?"
            for row in try reader.connection.rows(sql, range) {
                guard case .integer(let number) = row[0], let item = UInt64(exactly: number) else { continue }
                if contents.updateValue(section, forKey: item) != nil {
                    report.note(.shape(table: section.table.name, key: String(item)))
                }
            }
        }
        var offered: [UInt64: ItemSection] = [:]
        let sql = "SELECT item, section FROM items WHERE item BETWEEN ? AND ? AND batch IS NOT 0"
        for row in try reader.connection.rows(sql, range) {
            guard case .integer(let number) = row[0], case .integer(let section) = row[1],
                let item = UInt64(exactly: number)
            else { continue }
            // A section that is none was noted with its row.
            offered[item] = ItemSection(rawValue: section)
        }
        for item in (itemEnd + 1)...end {
            // Most items are there, and need no look at what is known to be lost.
            if let section = contents[item], offered[item] == nil,
                try reader.isSetAside(.unsigned(item), of: section.table)
            {
                continue
            }
            if contents[item] == nil, try reader.isLossKnown(of: .items, between: item - 1, and: item + 1) { continue }
            check(item, content: contents[item], offered: offered[item], reader.state)
        }
        itemEnd = end
    }

    private mutating func check(_ item: UInt64, content: ItemSection?, offered: ItemSection?, _ state: StoreState) {
        switch (content, offered) {
        case (nil, nil): report.note(.itemMissing(item: item))
        case (nil, let section?): report.note(.contentMissing(table: section.table.name, item: item))
        case (let section?, nil):
            if item <= state.cursor(of: section.lane) { report.note(.itemMissing(item: item)) }
        case (let content?, let section?):
            if content != section { report.note(.contentMissing(table: section.table.name, item: item)) }
            if item > state.cursor(of: section.lane) { report.note(.shape(table: "items", key: String(item))) }
        }
    }

    private mutating func checkAudit(_ row: StoredRow, _ reader: StoreReader) throws(StoreFault) {
        var columns = row
        let (before, item) = (auditItem, try columns.unsigned())
        auditItem = item
        columns.skip()
        let sequence = try columns.unsigned()
        let previousHash = try columns.hash()
        let hash = try columns.hash()
        let end = auditEnd
        auditEnd = AuditHead(sequence: sequence, hash: hash)
        report.auditEntryCount += 1
        if sequence != end.sequence + 1 || previousHash != end.hash,
            try !reader.isLossKnown(of: .items, between: before, and: item)
        {
            throw .damaged(.auditChain(sequence: sequence))
        }
        guard try row.bytesState == .present else { return }
        let entry = try row.payloadShape(AuditEntry.self)
        guard entry.isSealed(after: previousHash), entry.hash == hash, entry.sequence == sequence else {
            throw .damaged(.auditChain(sequence: sequence))
        }
    }

    private mutating func checkBatch(_ row: StoredRow, _ reader: StoreReader) throws(StoreFault) {
        let batch = try reader.batchSummary(row)
        let (end, before) = (batchEnd, batchNumber)
        batchEnd = BatchHead(position: batch.position, hash: batch.hash)
        batchNumber = batch.number
        report.batchCount += 1
        var expected: (sequence: UInt64, hash: SHA256Hash) = (1, .zero)
        if let end, end.position.epoch == batch.position.epoch { expected = (end.position.sequence + 1, end.hash) }
        if batch.position.sequence != expected.sequence || batch.previousHash != expected.hash,
            try !reader.isLossKnown(of: .batches, between: before, and: batch.number)
        {
            throw .damaged(.batchChain(batch.position))
        }
        guard row.payload.map(SHA256Hash.of) ?? batch.hash == batch.hash,
            try reader.receipt(batchNumber: batch.number)?.receipt.status == batch.receipt
        else { throw .damaged(.batchChain(batch.position)) }
    }

    private func checkResult(_ row: StoredRow, _ reader: StoreReader) throws(StoreFault) {
        guard try row.bytesState == .present else { return }
        var columns = row
        let item = try columns.unsigned()
        for input in try row.payloadShape(AnalysisResult.self).inputs {
            let sql = "SELECT count(*) FROM result_inputs WHERE record_id = ? AND item = ?"
            guard try reader.connection.integer(sql, [.hash(input), .unsigned(item)]) == 1 else {
                throw .damaged(.contentMissing(table: StoredTable.resultInputs.name, item: item))
            }
        }
    }

    private mutating func checkEnds(_ reader: StoreReader) throws(StoreFault) {
        do throws(StoreFault) {
            if let problem = try reader.tallyProblem(of: reader.state) { report.note(problem) }
        } catch {
            try note(error)
        }
        for row in try reader.connection.rows("PRAGMA integrity_check(100)") where row != [.text("ok")] {
            guard case .text(let detail)? = row.first else { continue }
            report.note(.database(detail: detail))
        }
    }

    /// Notes damage and goes on; other faults end the check.
    private mutating func note(_ fault: StoreFault) throws(StoreFault) {
        guard case .damaged(let damage) = fault else { throw fault }
        report.note(damage)
    }
}
