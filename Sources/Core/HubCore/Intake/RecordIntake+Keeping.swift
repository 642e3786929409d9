package import CORProtocol

// What becomes durable of a delivery, before it is acknowledged to the device.
extension RecordIntake {
    /// - Returns: what is to be published once the transaction is durable; nil where there is no room for it, so that the
    ///   device is not acknowledged and keeps it.
    package func keep(
        _ delivery: DeviceDelivery, under pressure: StoragePressure, in transaction: some IntakeTransaction
    ) throws(StoreFault) -> [MonitorEvent]? {
        guard pressure.acknowledgesDevices else { return nil }
        var events: [MonitorEvent] = []
        if let missing = delivery.missing {
            try transaction.insert(
                gap: Gap(
                    serial: delivery.serial, first: missing.lowerBound, last: missing.upperBound, reason: .missing,
                    noticed: delivery.received, detail: "the device no longer lists them"))
            try transaction.append(
                AuditDraft(
                    .gap, actor: .deviceSession, subject: delivery.serial.text, outcome: .done,
                    time: delivery.received, detail: "missing \(missing.lowerBound) to \(missing.upperBound)"))
            events.append(.gapNoted(serial: delivery.serial, missing: missing))
        }
        switch delivery.content {
        case .record(let item, let record):
            guard pressure.stores(record.payload.kind) else {
                return events + (try leaveOut(delivery, in: transaction))
            }
            return events + (try keep(item, record, delivery, under: pressure, in: transaction))
        case .refused(let bytes, let reason):
            return events + (try refuse(bytes, reason, delivery, under: pressure, in: transaction))
        }
    }

    private func keep(
        _ item: RecordItem, _ record: SignedRecord, _ delivery: DeviceDelivery, under pressure: StoragePressure,
        in transaction: some IntakeTransaction
    ) throws(StoreFault) -> [MonitorEvent] {
        var item = item
        if case .sedimentationRun(let run) = record.payload.body,
            let assignment = try transaction.assignment(of: item.serial)
        {
            item.subject = assignment.subject(of: run, item: item)
        }
        let cartridge = record.payload.cartridgeID
        var facts = Facts(isCartridgeUsed: false)
        if let cartridge { facts.isCartridgeUsed = try transaction.isCartridgeUsed(cartridge, besides: item.recordID) }
        switch try transaction.insert(record: item, kind: record.payload.kind, cartridge: cartridge) {
        case .stored:
            try transaction.append(
                AuditDraft(
                    .recordReceived, actor: .deviceSession, subject: "record \(item.recordID.hex)", outcome: .accepted,
                    time: item.received,
                    detail: "\(item.serial.text) sequence \(item.sequence) over \(item.link.rawValue)"))
            let stored = MonitorEvent.recordStored(
                serial: item.serial, sequence: item.sequence, recordID: item.recordID, kind: record.payload.kind)
            guard item.subject != nil || record.payload.kind != .sedimentationRun else {
                return [stored, .resultWaits(recordID: item.recordID)]
            }
            guard let result = result(of: record, item: item, facts: facts) else { return [stored] }
            try keep(result, of: record, item: item, in: transaction)
            return [stored, .resultMade(recordID: item.recordID, result)]
        case .duplicate:
            return []  // Given again because an acknowledgement was lost; what is stored stands.
        case .conflict:
            return try refuse(item.bytes, .conflictsWithStored, delivery, under: pressure, in: transaction)
        }
    }

    private func keep(
        _ result: AnalysisResult, of record: SignedRecord, item: RecordItem, in transaction: some IntakeTransaction
    ) throws(StoreFault) {
        guard try transaction.insert(result: result), let subject = result.subject else { return }
        let entry = HistoryEntry(
            result, of: record, received: item.received, isBackfilled: item.backfilled,
            clockOffsetMilliseconds: item.clockOffsetMilliseconds)
        if let entry { try transaction.remember(entry, of: subject) }
    }

    /// It is acknowledged like a stored one, so it is named upstream.
    private func leaveOut(
        _ delivery: DeviceDelivery, in transaction: some IntakeTransaction
    ) throws(StoreFault) -> [MonitorEvent] {
        try transaction.insert(
            gap: Gap(
                serial: delivery.serial, first: delivery.sequence, last: delivery.sequence, reason: .overwritten,
                noticed: delivery.received, detail: "no room for diagnostics"))
        try transaction.append(
            AuditDraft(
                .gap, actor: .deviceSession, subject: delivery.serial.text, outcome: .done, time: delivery.received,
                detail: "sequence \(delivery.sequence): no room for diagnostics"))
        return [.gapNoted(serial: delivery.serial, missing: delivery.sequence...delivery.sequence)]
    }

    private func refuse(
        _ bytes: [UInt8], _ reason: RecordRefusalReason, _ delivery: DeviceDelivery,
        under pressure: StoragePressure, in transaction: some IntakeTransaction
    ) throws(StoreFault) -> [MonitorEvent] {
        if pressure.keepsRefusedBytes {
            try transaction.quarantine(
                serial: delivery.serial, sequence: delivery.sequence, bytes: bytes, reason: reason.rawValue,
                time: delivery.received)
        }
        // It is acknowledged like a stored one, so it must be named upstream.
        try transaction.insert(
            gap: Gap(
                serial: delivery.serial, first: delivery.sequence, last: delivery.sequence, reason: .refused,
                noticed: delivery.received, detail: reason.rawValue))
        try transaction.append(
            AuditDraft(
                .recordRefused, actor: .deviceSession, subject: delivery.serial.text, outcome: .refused,
                time: delivery.received, detail: "sequence \(delivery.sequence): \(reason.rawValue)"))
        return [.recordRefused(serial: delivery.serial, sequence: delivery.sequence, reason: reason)]
    }
}

extension RecordPayload {
    /// Nil for kinds that have no cartridge.
    package var cartridgeID: String? {
        guard case .sedimentationRun(let run) = body else { return nil }
        return run.cartridge.id
    }
}
