import CORProtocol
import HubCore
import HubStore
import ServiceLifecycle

/// Watches how full the store is, and lets go of what the policy no longer wants, behind verified receipts and by a
/// trusted clock only: after each receipt, once an hour, and wherever room is short.
struct RetentionService: Service {
    private enum Due {
        case measure
        case prune
    }

    private static let measureInterval: Duration = .seconds(60)
    private static let measuresPerPrune = 60

    let store: HubStore
    let settings: ConfigurationInUse
    let services: AgentServices

    func run() async throws {
        guard let events = services.events.watch() else { return }
        var gauge = StorageGauge(quota: settings.quota)
        try await advance(.prune, &gauge)
        try await withThrowingDiscardingTaskGroup { group in
            let due = AsyncStream<Due>.makeStream(bufferingPolicy: .bufferingOldest(4))
            group.addTask {
                var count = 0
                while await Task.slept(for: Self.measureInterval) {
                    count += 1
                    due.continuation.yield(count.isMultiple(of: Self.measuresPerPrune) ? .prune : .measure)
                }
                due.continuation.finish()
            }
            group.addTask {
                for await event in events.cancelOnGracefulShutdown() {
                    if case .receiptAccepted = event { due.continuation.yield(.prune) }
                }
            }
            for await next in due.stream {
                try await advance(next, &gauge)
            }
            group.cancelAll()
        }
    }

    /// A store that is only busy is asked again next time; one that has failed ends the agent.
    private func advance(_ due: Due, _ gauge: inout StorageGauge) async throws(AgentFault) {
        var isPruneDue = due == .prune
        gauge.quota = settings.quota
        do throws(StoreFault) {
            let usage = try await store.read { (reader) throws(StoreFault) in try reader.usage() }
            for effect in gauge.measured(usage, at: services.clock.now()) {
                switch effect {
                case .audit(let draft):
                    try await store.write { (transaction) throws(StoreFault) in try transaction.append(draft) }
                case .publish(let event): services.events.publish(event)
                case .prune: isPruneDue = true
                }
            }
            guard isPruneDue else { return }
            // A receipt may have come that an erasure waits for; no clock is asked here.
            let erased = try await ReadingErasure(store: store, clock: services.clock).continueAll()
            if !erased.isEmpty { services.records.itemsStored() }
            try await prune(under: gauge.pressure)
        } catch {
            if error.endsWriting { throw .storage(error) }
        }
    }

    private func prune(under pressure: StoragePressure) async throws(StoreFault) {
        let now = services.clock.now()
        guard
            let cut = settings.configuration.retention.cut(
                at: now, trust: services.clockWitness.trust, pressure: pressure)
        else { return }
        var total = PruneReport()
        while true {
            let report = try await store.write { (transaction) throws(StoreFault) in
                let report = try transaction.prune(cut)
                if report.recordCount + report.batchCount > 0 {
                    try transaction.append(
                        AuditDraft(
                            .prune, actor: .agent, subject: "store", outcome: .done, time: now,
                            detail: "\(report.recordCount) records, \(report.batchCount) batches behind receipts"))
                }
                return report
            }
            total.recordCount += report.recordCount
            total.batchCount += report.batchCount
            guard report.hasMore else { break }
        }
        if total.recordCount + total.batchCount > 0 {
            services.events.publish(.pruned(recordCount: total.recordCount, batchCount: total.batchCount))
        }
    }
}
