import CORProtocol
import ESRAnalysis
import HubCore
import HubStore

/// Puts what devices deliver into the store, with everything that follows from it, in one transaction each.
struct RecordKeeper: Sendable {
    let store: HubStore
    let analysis: AnalysisInUse
    let quota: StorageQuota
    let events: EventBroadcaster
    /// Called after something was stored that wants to travel upstream.
    let itemsStored: @Sendable () -> Void

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
        let news: [MonitorEvent]?
        do {
            let sealed = SealedRecord(delivery.content, for: store)
            news = try await store.write { [intake = analysis.intake, quota] (transaction) throws(StoreFault) in
                let pressure = quota.pressure(of: try transaction.usage())
                return try intake.keep(delivery, under: pressure, in: PreparedIntake(transaction, sealed))
            }
        } catch {
            if error.endsWriting { throw .storage(error) }
            return false
        }
        guard let news else { return false }
        for event in news {
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
}
