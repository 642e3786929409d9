package import CORProtocol
package import HubCore

// The content of a person's readings goes; rows, hashes and chains stay. What lies in a batch that is under way goes when
// its receipt is there, since the same bytes must be sent until then.
extension StoreTransaction {
    /// Begins to erase what is stored of a subject, or goes on with it. Costs a look at every record's row.
    ///
    /// - Parameter countMax: Rows that lose their content in this step, of each kind.
    package func erase(_ subject: SubjectID, time: TimeBlock, countMax: Int) throws(StoreFault) -> ErasureStep {
        if let open = try row(.erasures, "WHERE finished = 0 AND subject = ?", [.text(subject.text)]) {
            return try step(of: open, time: time, countMax: countMax)
        }
        let present = """
            SELECT EXISTS (SELECT 1 FROM records WHERE subject = ?1 AND payload_state = 1)
            OR EXISTS (SELECT 1 FROM history WHERE subject = ?1)
            """
        guard try connection.integer(present, [.text(subject.text)]) == 1 else { return ErasureStep() }
        let number = try nextKey(of: .erasures)
        try insert(
            .erasures,
            [
                number, .text(subject.text), .time(time), try .unsigned(state.itemHead), .integer(0), .integer(0),
                .integer(0),
            ])
        guard let begun = try row(.erasures, "WHERE number = ?", [number]) else { throw .refused(.constraint) }
        try appendErasure(subject.text, outcome: "accepted", time: time, detail: "up to item \(state.itemHead)")
        try forgetHistory(of: subject)
        let refusedCount = try eraseRefused(of: subject)
        var first = try step(of: begun, time: time, countMax: countMax)
        first.hasBegun = true
        first.refusedCount = refusedCount
        return first
    }

    /// Goes on with erasures that waited for a receipt, or that the agent's end interrupted.
    package func continueErasures(time: TimeBlock, countMax: Int) throws(StoreFault) -> ErasureStep {
        var all = ErasureStep()
        for open in try rows(.erasures, "WHERE finished = 0 ORDER BY number") {
            let one = try step(of: open, time: time, countMax: countMax)
            let (waitingCount, hasMore) = (all.waitingCount + one.waitingCount, all.hasMore || one.hasMore)
            all.add(one)
            (all.waitingCount, all.hasMore) = (waitingCount, hasMore)
        }
        return all
    }

    private func step(of erasure: StoredRow, time: TimeBlock, countMax: Int) throws(StoreFault) -> ErasureStep {
        var columns = erasure
        columns.skip()
        let subject = try columns.text()
        columns.skip()
        let scope = Scope(subject: subject, last: try columns.integer())
        var step = ErasureStep()
        // Batches first: what is set aside below is no longer known to lie in one.
        for row in try rows(.batches, scope.batches + " LIMIT ?", scope.values + [.integer(Int64(countMax))]) {
            try update(row, [:], clearing: .erased)
            step.batchCount += 1
        }
        let records = try rows(.records, scope.records + " LIMIT ?", scope.values + [.integer(Int64(countMax))])
        var gaps: [Gap] = []
        for row in records { if let gap = try eraseRecord(row, time: time) { gaps.append(gap) } }
        try nameFirst(gaps)
        let results = try rows(.results, scope.results + " LIMIT ?", scope.values + [.integer(Int64(countMax))])
        for row in results { try eraseItem(row, in: .result) }
        step.recordCount = records.count
        step.resultCount = results.count
        step.hasMore = max(step.batchCount, records.count, results.count) == countMax
        for sql in [scope.recordsWaiting, scope.resultsWaiting] {
            step.waitingCount += Int(try connection.integer(sql, scope.values) ?? 0)
        }
        if step.recordCount + step.resultCount > 0 {
            let pending = try pendingTallies()
            (state.pendingRecords, state.pendingEntries) = (pending.records, pending.entries)
        }
        let recordsBefore = try columns.integer()
        let resultsBefore = try columns.integer()
        let (recordsNow, resultsNow) = (
            recordsBefore + Int64(step.recordCount), resultsBefore + Int64(step.resultCount)
        )
        let isFinished = !step.hasMore && step.waitingCount == 0
        if !step.isEmpty || isFinished {
            try update(
                erasure,
                ["records": .integer(recordsNow), "results": .integer(resultsNow), "finished": .bool(isFinished)])
            emptiesLog = true
        }
        if isFinished {
            try appendErasure(
                subject, outcome: "done", time: time, detail: "\(recordsNow) records, \(resultsNow) results")
        }
        return step
    }

    /// - Returns: what names a record that never went upstream, in its place in the device's history.
    private func eraseRecord(_ row: StoredRow, time: TimeBlock) throws(StoreFault) -> Gap? {
        let length = try row.payloadLength
        let wasPending = try eraseItem(row, in: .record)
        state.records.remove(length)
        guard wasPending else { return nil }
        let record = try summary(of: row, forwarding: .setAside)
        return Gap(
            serial: record.serial, first: record.sequence, last: record.sequence, reason: .erased, noticed: time,
            detail: "erased before it was sent")
    }

    /// - Returns: Whether the item was in no batch.
    @discardableResult
    private func eraseItem(_ row: StoredRow, in section: ItemSection) throws(StoreFault) -> Bool {
        var columns = row
        let item = try columns.unsigned()
        try update(row, [:], clearing: .erased)
        let place = try itemRow(item, in: section)
        guard let place, let number = place.batch, !place.isSetAside else {
            if place?.isSetAside != true { try moveAside(item, in: section) }
            return place == nil || place?.batch == nil
        }
        // What lies in a rejected batch is not to be sent again.
        if try batchSummary(number: number).receipt == .rejected {
            try update(place.row, ["batch": ItemRow.setAside, "leaf": .null])
        }
        return false
    }

    /// Whose they are nobody can tell: those of the devices that measured for the subject.
    private func eraseRefused(of subject: SubjectID) throws(StoreFault) -> Int {
        let clause = "WHERE payload_state = 1 AND serial IN (SELECT serial FROM records WHERE subject = ?)"
        let rows = try rows(.quarantine, clause, [.text(subject.text)])
        for row in rows {
            try update(row, [:], clearing: .erased)
            state.quarantined.remove(try row.payloadLength)
        }
        return rows.count
    }

    private func appendErasure(
        _ subject: String, outcome: String, time: TimeBlock, detail: String
    ) throws(StoreFault) {
        try appendAudit(
            type: .erasure, actor: AuditActor(component: "store"), subject: subject, outcome: outcome, time: time,
            detail: detail)
    }
}

extension StoreReader {
    /// What an erasure of this subject would come to if it began now.
    package func erasable(_ subject: SubjectID) throws(StoreFault) -> ErasureStep {
        let scope = Scope(subject: subject.text, last: Int64(clamping: state.itemHead))
        func count(_ sql: String) throws(StoreFault) -> Int { Int(try connection.integer(sql, scope.values) ?? 0) }
        var step = ErasureStep()
        step.recordCount = try count("SELECT count(*) FROM records " + scope.records)
        step.resultCount = try count("SELECT count(*) FROM results " + scope.results)
        step.batchCount = try count("SELECT count(*) FROM batches " + scope.batches)
        step.refusedCount = try count(
            "SELECT count(*) FROM quarantine WHERE payload_state = 1 "
                + "AND serial IN (SELECT serial FROM records WHERE subject = ?1 AND item <= ?2)")
        step.waitingCount = try count(scope.recordsWaiting) + count(scope.resultsWaiting)
        return step
    }
}

/// What an erasure is about, as conditions on the tables. `values` are those of ?1 and ?2.
private struct Scope {
    let values: [SQLiteValue]

    init(subject: String, last: Int64) {
        values = [.text(subject), .integer(last)]
    }

    /// An item is in a batch without a receipt only while that batch is under way: what was given up lies in others.
    private static let underWay =
        "item IN (SELECT items.item FROM items JOIN batches ON batches.batch = items.batch WHERE batches.receipt = 0)"
    private static let ofSubject = "subject = ?1 AND item <= ?2"
    private static let ofResults = """
        item <= ?2 AND item IN (SELECT item FROM result_inputs WHERE record_id IN
            (SELECT record_id FROM records WHERE \(ofSubject)))
        """

    let records = "WHERE payload_state = 1 AND \(ofSubject) AND NOT \(underWay) ORDER BY item"
    let results = "WHERE payload_state = 1 AND \(ofResults) AND NOT \(underWay) ORDER BY item"
    let recordsWaiting = "SELECT count(*) FROM records WHERE payload_state = 1 AND \(ofSubject) AND \(underWay)"
    let resultsWaiting = "SELECT count(*) FROM results WHERE payload_state = 1 AND \(ofResults) AND \(underWay)"

    /// Those that hold items of the subject; and those whose items lie in others by now, since what they held is not known.
    let batches = """
        WHERE payload_state = 1 AND CASE
            WHEN EXISTS (SELECT 1 FROM items WHERE items.batch = batches.batch)
            THEN receipt <> 0 AND batch IN (SELECT batch FROM items WHERE item IN (
                SELECT item FROM records WHERE \(ofSubject) UNION ALL SELECT item FROM results WHERE \(ofResults)))
            ELSE receipt IN (0, 3) END
        """
}
