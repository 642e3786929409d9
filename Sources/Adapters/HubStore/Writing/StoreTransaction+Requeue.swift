import CBORCoding
package import CORProtocol
package import HubCore

/// What a step of making lost items pending again came to.
package struct RequeueStep: Sendable, Hashable {
    package var itemCount = 0
    /// Whether a further step would find something to do.
    package var hasMore = false

    package init() {}
}

extension StoreTransaction {
    /// Notes that everything is to be pending again that batches hold which the upstream has lost, whatever it had answered to
    /// them. `continueRequeues` does it, in as many transactions as it takes; until then nothing is pruned.
    package func requeue(_ loss: UpstreamLoss) throws(StoreFault) {
        guard let newest = try row(.batches, "ORDER BY batch DESC") else { return }
        let noted = UnfinishedRequeue(loss, end: try batchSummary(newest).number)
        try setRequeues(try unfinishedRequeues() + [noted])
    }

    /// Makes a part of what was noted pending again, oldest first. The batches stay as they are.
    ///
    /// What is not kept any more cannot go again. Where it was certainly lost, a record becomes a gap.
    ///
    /// - Parameter itemCountMax: A step ends with the batch that reaches it.
    package func continueRequeues(at time: TimeBlock, itemCountMax: Int) throws(StoreFault) -> RequeueStep {
        var waiting = try unfinishedRequeues()
        var step = RequeueStep()
        guard var first = waiting.first else { return step }
        var lost = LostRecords()
        var isFinished = false
        while step.itemCount < itemCountMax, !isFinished {
            let rows = try lostBatches(of: first, countMax: Self.requeueBatchCountMax)
            isFinished = rows.count < Self.requeueBatchCountMax
            for row in rows {
                let number = try batchSummary(row).number
                step.itemCount += try requeueKept(ofBatch: number, &lost)
                first.done = number
                guard step.itemCount < itemCountMax else {
                    isFinished = false
                    break
                }
            }
        }
        if case .from = first.loss { try nameFirst(lost.gaps(at: time)) }
        waiting[0] = first
        if isFinished { waiting.removeFirst() }
        try setRequeues(waiting)
        step.hasMore = !waiting.isEmpty
        return step
    }

    private static let requeueBatchCountMax = 64

    private func setRequeues(_ requeues: [UnfinishedRequeue]) throws(StoreFault) {
        var encoder = CBOREncoder(capacity: 128)
        encoder.beginArray(count: requeues.count)
        for requeue in requeues { encoder.encode(requeue) }
        try set(Self.requeuesSetting, encoder.bytes)
    }

    private func lostBatches(of requeue: UnfinishedRequeue, countMax: Int) throws(StoreFault) -> [StoredRow] {
        var condition = "WHERE batch > ? AND batch <= ?"
        var values: [SQLiteValue] = [try .unsigned(requeue.done), try .unsigned(requeue.end)]
        switch requeue.loss {
        case .from(let position):
            condition += " AND epoch = ? AND sequence >= ?"
            values += [.blob(position.epoch.bytes), try .unsigned(position.sequence)]
        case .before(let epoch):
            condition += " AND epoch <> ? AND \(Self.hasContent)"
            values.append(.blob(epoch.bytes))
        case .everything:
            condition += " AND \(Self.hasContent)"
        }
        return try rows(.batches, condition + " ORDER BY batch LIMIT ?", values + [.integer(Int64(countMax))])
    }

    private static var hasContent: String { "(has_records = 1 OR has_entries = 1 OR has_audit = 1)" }

    private func requeueKept(ofBatch number: UInt64, _ lost: inout LostRecords) throws(StoreFault) -> Int {
        var count = 0
        for row in try rows(.items, "WHERE batch = ? ORDER BY item", [.unsigned(number)]) {
            let item = try ItemRow(row)
            guard let content = try self.row(item.section.table, "WHERE item = ?", [.unsigned(item.item)]) else {
                continue
            }
            guard try content.bytesState == .present else {
                if item.section == .record { lost.add(try summary(of: content)) }
                continue
            }
            try makePending(item)
            count += 1
        }
        return count
    }
}

/// Records that are neither here nor upstream, as spans of each device's sequences.
private struct LostRecords {
    private var spans: [(serial: DeviceSerial, span: ClosedRange<UInt64>)] = []

    mutating func add(_ record: RecordSummary) {
        if let last = spans.last, last.serial == record.serial, last.span.upperBound + 1 == record.sequence {
            spans[spans.count - 1].span = last.span.lowerBound...record.sequence
        } else {
            spans.append((record.serial, record.sequence...record.sequence))
        }
    }

    func gaps(at time: TimeBlock) -> [Gap] {
        spans.map { serial, span in
            Gap(
                serial: serial, first: span.lowerBound, last: span.upperBound, reason: .lost, noticed: time,
                detail: "lost upstream, and not kept here any more")
        }
    }
}
