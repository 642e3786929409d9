import CORProtocol
import HubCore
import HubStore
import ServiceLifecycle

/// Lets go of what the policy no longer wants, behind verified receipts and by a trusted clock only: after each receipt,
/// and once an hour.
struct RetentionService: Service {
    private static let interval: Duration = .seconds(3_600)

    let store: HubStore
    let policy: RetentionPolicy
    let services: AgentServices

    func run() async throws {
        guard let events = services.events.watch() else { return }
        try await pruneIfPossible()
        try await withThrowingDiscardingTaskGroup { group in
            let due = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            group.addTask {
                while await Task.slept(for: Self.interval) { due.continuation.yield() }
                due.continuation.finish()
            }
            group.addTask {
                for await event in events.cancelOnGracefulShutdown() {
                    if case .receiptAccepted = event { due.continuation.yield() }
                }
            }
            for await _ in due.stream {
                try await pruneIfPossible()
            }
            group.cancelAll()
        }
    }

    /// A store that is only busy is asked again next time; one that has failed ends the agent.
    private func pruneIfPossible() async throws(AgentFault) {
        do {
            try await prune()
        } catch {
            if error.endsWriting { throw .storage(error) }
        }
    }

    private func prune() async throws(StoreFault) {
        let now = services.clock.now()
        guard let cut = policy.cut(at: now, trust: services.clockWitness.trust) else { return }
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
