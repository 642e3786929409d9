import HubCore
import ServiceLifecycle

/// Looks at the clocks now and then, and puts their steps into the audit trail.
struct ClockWatchService: Service {
    private static let interval: Duration = .seconds(15)

    let services: AgentServices

    func run() async throws {
        var watch = ClockWatch()
        repeat {
            for draft in watch.observe(services.clock.now(), trust: services.clockWitness.trust) {
                try await services.records.append(draft)
            }
        } while await Task.slept(for: Self.interval)
    }
}
