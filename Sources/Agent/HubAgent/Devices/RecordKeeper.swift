import CORProtocol
import ESRAnalysis
import HubCore
import HubStore

/// Puts what devices deliver into the store, with everything that follows from it, in one transaction each.
struct RecordKeeper: Sendable {
    let store: HubStore
    let analysis: AnalysisInUse
    let settings: ConfigurationInUse
    let events: EventBroadcaster
    /// Called after it became durable that a device was claimed or let go.
    let registrationChanged: @Sendable (DeviceRegistration) -> Void
    /// Called after a device was stored that is new, or runs something else than before.
    let deviceChanged: @Sendable () -> Void
    /// Called after something was stored that wants to travel upstream.
    let itemsStored: @Sendable () -> Void

    /// What is stored of a device when it comes.
    func recall(
        _ serial: DeviceSerial
    ) async throws(AgentFault) -> KnownDevice {
        do {
            return try await store.read { (reader) throws(StoreFault) in
                KnownDevice(
                    newestSequence: try reader.recordSequence(newestOf: serial),
                    wasAttested: try reader.device(serial)?.trust == .attested,
                    registration: try reader.registration(of: serial)?.state,
                    recall: try reader.recalls()?.list[serial])
            }
        } catch {
            throw .storage(error)
        }
    }

    /// False when the store cannot take it now; throws when it never will again.
    func store(_ delivery: DeviceDelivery) async throws(AgentFault) -> Bool {
        let outcome: IntakeOutcome
        do {
            let sealed = SealedRecord(delivery.content, for: store)
            outcome = try await store.write {
                [intake = analysis.intake, quota = settings.quota] (transaction) throws(StoreFault) in
                try intake.keep(delivery, within: quota, in: PreparedIntake(transaction, sealed))
            }
        } catch {
            if error.endsWriting { throw .storage(error) }
            return false
        }
        for event in outcome.news {
            events.publish(event)
        }
        if outcome.isKept || !outcome.news.isEmpty { itemsStored() }
        return outcome.isKept
    }

    func append(_ draft: AuditDraft) async throws(AgentFault) {
        try await write { (transaction) throws(StoreFault) in try transaction.append(draft) }
    }

    /// False when the store cannot take it now.
    func keep(_ registration: DeviceRegistration, _ draft: AuditDraft) async throws(AgentFault) -> Bool {
        let isKept = try await write { (transaction) throws(StoreFault) in
            try transaction.keep(registration)
            try transaction.append(draft)
        }
        if isKept { registrationChanged(registration) }
        return isKept
    }

    /// Keeps it only where the store still has the earlier state.
    func keep(
        _ registration: DeviceRegistration, insteadOf earlier: DeviceRegistration.State, _ draft: AuditDraft
    ) async throws(AgentFault) -> Bool {
        do {
            return try await store.write { (transaction) throws(StoreFault) in
                guard try transaction.registration(of: registration.serial)?.state == earlier else { return false }
                try transaction.keep(registration)
                try transaction.append(draft)
                return true
            }
        } catch {
            if error.endsWriting { throw .storage(error) }
            return false
        }
    }

    /// False when the store cannot take it now.
    func keep(
        _ record: FirmwareRecord, _ draft: AuditDraft, _ events: [FirmwareEvent]
    ) async throws(AgentFault) -> Bool {
        let isKept = try await write { (transaction) throws(StoreFault) in
            try transaction.keep(record)
            try transaction.append(draft)
            for event in events { try transaction.insert(firmwareEvent: event) }
        }
        if isKept { itemsStored() }
        return isKept
    }

    /// False when the store cannot take it now.
    func keep(_ demanded: DemandedCounter) async throws(AgentFault) -> Bool {
        try await write { (transaction) throws(StoreFault) in try transaction.keep(demanded) }
    }

    func keep(_ recalls: SignedRecallList, _ draft: AuditDraft) async throws(AgentFault) {
        try await write { (transaction) throws(StoreFault) in
            try transaction.keep(recalls)
            try transaction.append(draft)
        }
    }

    func remember(_ observation: DeviceObservation) async throws(AgentFault) {
        do {
            let isNew = try await store.write { (transaction) throws(StoreFault) in
                let known = try transaction.device(observation.identity.serial)
                let row = DeviceRow(observation, known: known)
                try transaction.upsert(device: row)
                return known?.firmware != row.firmware || known?.hardware != row.hardware || known?.model != row.model
            }
            if isNew { deviceChanged() }
        } catch {
            if error.endsWriting { throw .storage(error) }
        }
    }

    /// False when the store cannot take it now.
    @discardableResult
    private func write(
        _ body: @escaping @Sendable (StoreTransaction) throws(StoreFault) -> Void
    ) async throws(AgentFault) -> Bool {
        do {
            try await store.write(body)
            return true
        } catch {
            if error.endsWriting { throw .storage(error) }
            return false
        }
    }
}
