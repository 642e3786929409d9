package import CORProtocol
package import HubCore

extension StoreTransaction {
    /// Makes everything pending again that batches hold which the upstream has lost, whatever it had answered to them. The
    /// batches stay as they are.
    ///
    /// What is not kept any more cannot go again. Where it was certainly lost, a record becomes a gap.
    ///
    /// - Returns: How many items.
    @discardableResult
    package func requeue(_ loss: UpstreamLoss, at time: TimeBlock) throws(StoreFault) -> Int {
        switch loss {
        case .from(let position):
            var lost = LostRecords()
            let count = try requeue(
                "WHERE epoch = ? AND sequence >= ? ORDER BY batch",
                [.blob(position.epoch.bytes), .unsigned(position.sequence)], &lost)
            for gap in lost.gaps(at: time) { try insert(gap: gap) }
            return count
        case .before(let epoch):
            var unknown = LostRecords()
            return try requeue(
                "WHERE epoch <> ? AND \(Self.hasContent) ORDER BY batch", [.blob(epoch.bytes)], &unknown)
        case .everything:
            var unknown = LostRecords()
            return try requeue("WHERE \(Self.hasContent) ORDER BY batch", [], &unknown)
        }
    }

    private static var hasContent: String { "(has_records = 1 OR has_entries = 1 OR has_audit = 1)" }

    private func requeue(
        _ condition: String, _ values: [SQLiteValue], _ lost: inout LostRecords
    ) throws(StoreFault) -> Int {
        var count = 0
        for row in try rows(.batches, condition, values) {
            count += try requeueKept(ofBatch: try batchSummary(row).number, &lost)
        }
        return count
    }

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
            try update(row, ["batch": .null, "leaf": .null])
            state.notePending(item.section, length: item.length) { $0.add($1) }
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
