import CORProtocol

// What a full store does where the configuration lets it overwrite: results, gaps, events and audit entries stay whatever
// comes, and so does what lies in a batch, since the same bytes are sent until there is a receipt.
extension RecordIntake {
    /// Runs that give way to one delivery. Where that is not enough, the device is asked again.
    package static let overwritingCountMax = 64

    /// As `keep(_:under:in:)`; in a full store the oldest unsent raw runs give way, where the quota says so. Throws
    /// `StoreRefusal.noRoom`, which undoes the transaction, where that would be for nothing: rows that stay on the pages of what
    /// went, and what names it, take room too.
    package func keep(
        _ delivery: DeviceDelivery, within quota: StorageQuota, in transaction: some IntakeTransaction
    ) throws(StoreFault) -> IntakeOutcome {
        var pressure = quota.pressure(of: try transaction.usage())
        var overwritten: [MonitorEvent] = []
        if !pressure.acknowledgesDevices, quota.overwritesUnsentRuns {
            overwritten = try makeRoom(for: delivery, within: quota, in: transaction)
            pressure = quota.pressure(of: try transaction.usage())
        }
        let news = try keep(delivery, under: pressure, in: transaction)
        guard news != nil || overwritten.isEmpty else { throw .refused(.noRoom) }
        return IntakeOutcome(isKept: news != nil, news: overwritten + (news ?? []))
    }

    /// Bytes that are asked for beside the record's own: rows name what went, and what went frees whole pages only.
    private static let overwritingMargin = 16_384

    /// Where even all that waits could not make room, nothing is tried.
    private func makeRoom(
        for delivery: DeviceDelivery, within quota: StorageQuota, in transaction: some IntakeTransaction
    ) throws(StoreFault) -> [MonitorEvent] {
        let length = delivery.lengthInFullStore + Self.overwritingMargin
        var runs: [OverwrittenRun] = []
        while runs.count < Self.overwritingCountMax,
            let wanted = quota.lengthToGive(for: length, at: try transaction.usage()), wanted > 0,
            wanted <= transaction.pendingRecordsLength
        {
            let more = try transaction.overwriteOldestRuns(lengthMin: wanted)
            guard !more.isEmpty else { break }
            runs += more
        }
        guard !runs.isEmpty else { return [] }
        let spans = runs.spans
        try transaction.nameFirst(
            spans.map { span in
                Gap(
                    serial: span.serial, first: span.sequences.lowerBound, last: span.sequences.upperBound,
                    reason: .overwritten, noticed: delivery.received, detail: "no room: given up before it was sent")
            })
        for span in spans {
            try transaction.append(
                AuditDraft(
                    .gap, actor: .agent, subject: span.serial.text, outcome: .done, time: delivery.received,
                    detail: "\(span.words): no room, overwritten before it was sent"))
        }
        return spans.map { .gapNoted(serial: $0.serial, missing: $0.sequences) }
    }
}

/// Runs of one device that follow each other. One name for them takes less room than what gave way.
private struct OverwrittenSpan {
    let serial: DeviceSerial
    var sequences: ClosedRange<UInt64>

    var words: String {
        sequences.count == 1
            ? "sequence \(sequences.lowerBound)" : "sequences \(sequences.lowerBound) to \(sequences.upperBound)"
    }
}

extension [OverwrittenRun] {
    fileprivate var spans: [OverwrittenSpan] {
        sorted { ($0.serial.text, $0.sequence) < ($1.serial.text, $1.sequence) }.reduce(into: []) { spans, run in
            if let last = spans.last, last.serial == run.serial, last.sequences.upperBound &+ 1 == run.sequence {
                spans[spans.count - 1].sequences = last.sequences.lowerBound...run.sequence
            } else {
                spans.append(OverwrittenSpan(serial: run.serial, sequences: run.sequence...run.sequence))
            }
        }
    }
}

extension DeviceDelivery {
    /// Bytes of it that are stored where diagnostics are not.
    fileprivate var lengthInFullStore: Int {
        guard case .record(let item, let record) = content, StoragePressure.noDiagnostics.stores(record.payload.kind)
        else { return 0 }
        return item.bytes.count
    }
}
