package import CORProtocol

extension Ledger {
    /// Judges a batch whose items were found sound one by one: do they go on from what is stored?
    package static func verdict(on batch: Batch, history: LedgerHistory) -> LedgerVerdict {
        var acceptance = LedgerVerdict.Acceptance()
        if history.replacesEpoch {
            acceptance.alarms.append(Alarm(kind: .epochReplaced, detail: "epoch \(batch.epoch.hex) begun"))
        }
        if let reason = joinAudit(of: batch, history: history, into: &acceptance) { return .rejected(reason: reason) }
        if let reason = account(for: batch, history: history, into: &acceptance) { return .rejected(reason: reason) }
        for record in batch.records {
            let position = DevicePosition(serial: record.serial, sequence: record.sequence)
            guard let stored = history.recordIDs[position], stored != record.recordID else { continue }
            acceptance.alarms.append(
                Alarm(
                    kind: .deviceSequenceReused,
                    detail: "\(record.serial.text) signed two records with sequence \(record.sequence)"))
        }
        acceptance.hasGaps = !batch.gaps.isEmpty || !acceptance.noticedGaps.isEmpty
        return .accepted(acceptance)
    }

    /// The hub's own log must go on where it stopped. That it does within the batch, the decoder has checked.
    private static func joinAudit(
        of batch: Batch, history: LedgerHistory, into acceptance: inout LedgerVerdict.Acceptance
    ) -> String? {
        guard let first = batch.audit.first, let last = batch.audit.last, let head = history.auditHead else {
            return nil
        }
        if let hole = history.auditHole { return fill(hole, with: first, last) }
        if first.sequence == head.sequence + 1, first.isSealed(after: head.hash) { return nil }
        let isAhead = first.sequence > head.sequence
        // What an earlier epoch rejected may have come first in this one; the entries between are in the earlier one.
        if isAhead, history.auditPredecessor == .inEarlierEpoch { return nil }
        // The entries between went down with a rejected batch; their hashes are still in the hub's chain.
        guard isAhead, history.followsRejected || history.auditPredecessor == .inRejectedBatch else {
            return "audit entry \(first.sequence) does not follow entry \(head.sequence)"
        }
        acceptance.alarms.append(
            Alarm(kind: .auditGap, detail: "audit entries \(head.sequence + 1) to \(first.sequence - 1) were rejected"))
        return nil
    }

    /// Entries that went down with a rejected batch come again. They must be those that the chain has a place for.
    private static func fill(_ hole: LedgerHistory.AuditHole, with first: AuditEntry, _ last: AuditEntry) -> String? {
        guard last.sequence < hole.afterSequence else {
            return "audit entry \(hole.afterSequence) is here already"
        }
        if let before = hole.before, before.sequence + 1 == first.sequence, !first.isSealed(after: before.hash) {
            return "audit entry \(first.sequence) does not follow entry \(before.sequence)"
        }
        if let wanted = hole.afterPreviousHash, last.sequence + 1 == hole.afterSequence, wanted != last.hash {
            return "audit entry \(hole.afterSequence) does not follow entry \(last.sequence)"
        }
        return nil
    }

    /// Every sequence of a device is a record or a named gap. What comes late, or again, is welcome.
    private static func account(
        for batch: Batch, history: LedgerHistory, into acceptance: inout LedgerVerdict.Acceptance
    ) -> String? {
        var spans: [DeviceSerial: [ClosedRange<UInt64>]] = [:]
        for record in batch.records { spans[record.serial, default: []].append(record.sequence...record.sequence) }
        for gap in batch.gaps {
            guard gap.first <= gap.last else { return "a gap of \(gap.serial.text) ends before it begins" }
            spans[gap.serial, default: []].append(gap.first...gap.last)
        }
        for (serial, spans) in spans.sorted(by: { $0.key.text < $1.key.text }) {
            let ordered = spans.sorted { $0.lowerBound < $1.lowerBound }
            var next: UInt64
            if let accounted = history.accounted[serial] {
                next = accounted + 1
            } else if let known = history.known[serial], known >= ordered[0].lowerBound {
                // What an earlier epoch rejected comes again, before or beside what is new: between the two lies what was
                // accepted then.
                next = known + 1
            } else {
                // A hub that meets a device for the first time begins where the device does; what lies between that and
                // what other hubs or epochs sent is for us to notice.
                next = ordered[0].lowerBound
                if let known = history.known[serial], known + 1 < next {
                    acceptance.noticedGaps.append(.init(serial: serial, first: known + 1, last: next - 1))
                    acceptance.alarms.append(
                        Alarm(
                            kind: .recordsMissing, detail: "\(serial.text): \(known + 1) to \(next - 1) never arrived"))
                }
            }
            for span in ordered {
                guard span.lowerBound <= next else {
                    return
                        "\(serial.text): sequences \(next) to \(span.lowerBound - 1) are neither sent nor named as a gap"
                }
                next = max(next, span.upperBound + 1)
            }
            acceptance.accounted[serial] = next - 1
        }
        return nil
    }
}
