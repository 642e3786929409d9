import CORProtocol

// What a full store does where the configuration lets it overwrite: results, gaps, events and audit entries stay whatever
// comes, and so does what lies in a batch, since the same bytes are sent until there is a receipt.
extension RecordIntake {
    /// Runs that give way to one delivery. Where that is not enough, the device is asked again.
    package static let overwritingCountMax = 64

    /// As `keep(_:under:in:)`; in a full store the oldest unsent raw runs give way, where the quota says so.
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
        return IntakeOutcome(isKept: news != nil, news: overwritten + (news ?? []))
    }

    /// Bytes that are asked for beside the record's own: rows name what went, and what went frees whole pages only.
    private static let overwritingMargin = 16_384

    /// Where even all that waits would not make room, none of it goes.
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
        try transaction.nameFirst(
            runs.map { run in
                Gap(
                    serial: run.serial, first: run.sequence, last: run.sequence, reason: .overwritten,
                    noticed: delivery.received, detail: "no room: given up before it was sent")
            })
        for run in runs {
            try transaction.append(
                AuditDraft(
                    .gap, actor: .agent, subject: run.serial.text, outcome: .done, time: delivery.received,
                    detail: "sequence \(run.sequence): no room, overwritten before it was sent"))
        }
        return runs.map { .gapNoted(serial: $0.serial, missing: $0.sequence...$0.sequence) }
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
