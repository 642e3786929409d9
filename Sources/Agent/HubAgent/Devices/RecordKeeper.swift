import CORProtocol
import ESRAnalysis
import HubCore
import HubStore

/// Puts what devices deliver into the store, with everything that follows from it, in one transaction each.
struct RecordKeeper: Sendable {
    let store: HubStore
    let intake: RecordIntake
    let quota: StorageQuota
    let events: EventBroadcaster
    /// Called after something was stored that wants to travel upstream.
    let itemsStored: @Sendable () -> Void

    /// How a delivery is kept.
    private struct Terms: Sendable {
        let intake: RecordIntake
        let pressure: StoragePressure
    }

    /// What became of a delivery; published only once it is durable.
    private struct Outcome: Sendable {
        var events: [MonitorEvent] = []
    }

    /// What is stored of a device when it comes.
    func recall(
        _ serial: DeviceSerial
    ) async throws(AgentFault) -> (newestSequence: UInt64, wasAttested: Bool) {
        do {
            return try await store.read { (reader) throws(StoreFault) in
                (try reader.recordSequence(newestOf: serial), try reader.device(serial)?.trust == .attested)
            }
        } catch {
            throw .storage(error)
        }
    }

    /// False when the store cannot take it now; throws when it never will again.
    func store(_ delivery: DeviceDelivery) async throws(AgentFault) -> Bool {
        let kept: Outcome?
        do {
            let sealed = SealedRecord(delivery.content)
            kept = try await store.write { [intake, quota] (transaction) throws(StoreFault) in
                let pressure = quota.pressure(of: try transaction.usage())
                guard pressure.acknowledgesDevices else { return nil }
                return try Self.keep(delivery, sealed, Terms(intake: intake, pressure: pressure), in: transaction)
            }
        } catch {
            if error.endsWriting { throw .storage(error) }
            return false
        }
        guard let outcome = kept else { return false }
        for event in outcome.events {
            events.publish(event)
        }
        itemsStored()
        return true
    }

    func append(_ draft: AuditDraft) async throws(AgentFault) {
        try await write { (transaction) throws(StoreFault) in try transaction.append(draft) }
    }

    func remember(_ observation: DeviceObservation) async throws(AgentFault) {
        try await write { (transaction) throws(StoreFault) in
            let known = try transaction.device(observation.identity.serial)
            try transaction.upsert(device: DeviceRow(observation, known: known))
        }
    }

    private func write(
        _ body: @escaping @Sendable (StoreTransaction) throws(StoreFault) -> Void
    ) async throws(AgentFault) {
        do {
            try await store.write(body)
        } catch {
            if error.endsWriting { throw .storage(error) }
        }
    }

    private static func keep(
        _ delivery: DeviceDelivery, _ sealed: SealedRecord?, _ terms: Terms, in transaction: StoreTransaction
    ) throws(StoreFault) -> Outcome {
        var outcome = Outcome()
        if let missing = delivery.missing {
            try transaction.insert(
                gap: Gap(
                    serial: delivery.serial, first: missing.lowerBound, last: missing.upperBound, reason: .missing,
                    noticed: delivery.received, detail: "the device no longer lists them"))
            try transaction.append(
                AuditDraft(
                    .gap, actor: .deviceSession, subject: delivery.serial.text, outcome: .done,
                    time: delivery.received, detail: "missing \(missing.lowerBound) to \(missing.upperBound)"))
            outcome.events.append(.gapNoted(serial: delivery.serial, missing: missing))
        }
        switch delivery.content {
        case .record(let item, let record):
            guard let sealed else { throw .refused(.constraint) }
            if terms.pressure.stores(record.payload.kind) {
                try keep(item, record, sealed, delivery, terms, in: transaction, &outcome)
            } else {
                try leaveOut(delivery, in: transaction, &outcome)
            }
        case .refused(let bytes, let reason):
            try refuse(bytes, reason, delivery, terms, in: transaction, &outcome)
        }
        return outcome
    }

    private static func keep(
        _ item: RecordItem, _ record: SignedRecord, _ sealed: SealedRecord, _ delivery: DeviceDelivery,
        _ terms: Terms, in transaction: StoreTransaction, _ outcome: inout Outcome
    ) throws(StoreFault) {
        let cartridge = record.payload.cartridgeID
        let isCartridgeUsed = try cartridge.map { (id) throws(StoreFault) in
            try transaction.isCartridgeUsed(id, besides: item.recordID)
        }
        switch try transaction.insert(sealed) {
        case .stored:
            try transaction.append(
                AuditDraft(
                    .recordReceived, actor: .deviceSession, subject: "record \(item.recordID.hex)", outcome: .accepted,
                    time: item.received,
                    detail: "\(item.serial.text) sequence \(item.sequence) over \(item.link.rawValue)"))
            outcome.events.append(
                .recordStored(
                    serial: item.serial, sequence: item.sequence, recordID: item.recordID, kind: record.payload.kind))
            let facts = RecordIntake.Facts(isCartridgeUsed: isCartridgeUsed ?? false)
            if let result = terms.intake.result(of: record, item: item, facts: facts) {
                _ = try transaction.insert(result: result)
                outcome.events.append(.resultMade(recordID: item.recordID, result))
            }
        case .duplicate:
            return  // Given again because an acknowledgement was lost; what is stored stands.
        case .conflict:
            try refuse(item.bytes, .conflictsWithStored, delivery, terms, in: transaction, &outcome)
        }
    }

    /// It is acknowledged like a stored one, so it is named upstream.
    private static func leaveOut(
        _ delivery: DeviceDelivery, in transaction: StoreTransaction, _ outcome: inout Outcome
    ) throws(StoreFault) {
        try transaction.insert(
            gap: Gap(
                serial: delivery.serial, first: delivery.sequence, last: delivery.sequence, reason: .overwritten,
                noticed: delivery.received, detail: "no room for diagnostics"))
        try transaction.append(
            AuditDraft(
                .gap, actor: .deviceSession, subject: delivery.serial.text, outcome: .done, time: delivery.received,
                detail: "sequence \(delivery.sequence): no room for diagnostics"))
        outcome.events.append(.gapNoted(serial: delivery.serial, missing: delivery.sequence...delivery.sequence))
    }

    private static func refuse(
        _ bytes: [UInt8], _ reason: RecordRefusalReason, _ delivery: DeviceDelivery, _ terms: Terms,
        in transaction: StoreTransaction, _ outcome: inout Outcome
    ) throws(StoreFault) {
        if terms.pressure.keepsRefusedBytes {
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
        outcome.events.append(
            .recordRefused(serial: delivery.serial, sequence: delivery.sequence, reason: reason))
    }
}

extension StoreTransaction {
    func append(_ draft: AuditDraft) throws(StoreFault) {
        try appendAudit(
            type: draft.type, actor: draft.actor, subject: draft.subject, outcome: draft.outcome.rawValue,
            time: draft.time, detail: draft.detail)
    }
}

extension SealedRecord {
    /// Nil where nothing is to be stored as a record.
    fileprivate init?(_ content: DeviceDelivery.Content) {
        guard case .record(let item, let record) = content else { return nil }
        self.init(item, kind: record.payload.kind, cartridge: record.payload.cartridgeID)
    }
}

extension RecordPayload {
    /// Nil for kinds that have no cartridge.
    var cartridgeID: String? {
        guard case .sedimentationRun(let run) = body else { return nil }
        return run.cartridge.id
    }
}
