import CORProtocol
import TestSupport

/// A seed is a history of a hub, its devices and its upstream. The same seed is the same history, everywhere.
package struct Simulation: Sendable {
    package struct Report: Sendable {
        package var seed: UInt64
        package var faults: FaultPlan
        /// What does not hold; empty for a good history.
        package var problems: [String]
        package var hubDays: Double
        package var recordCount: Int
        package var batchCount: Int
        /// Batches that became durable while another was on its way.
        package var cutAheadCount: Int
        package var powerCutCount: Int
        package var agentEndCount: Int
        package var restoreCount: Int
        /// What the hub says of its epochs, and what the upstream raised.
        package var alarms: [String]
        /// The same for the same seed: of what the upstream holds in the end.
        package var fingerprint: String
    }

    package let seed: UInt64
    package let faults: FaultPlan?
    package let days: Int
    package let brokenRule: BrokenRule?

    /// - Parameters:
    ///   - faults: instead of those that the seed draws.
    ///   - days: of faults; 18 hours of rest follow.
    ///   - brokenRule: what the checkers must find.
    package init(seed: UInt64, faults: FaultPlan? = nil, days: Int = 3, brokenRule: BrokenRule? = nil) {
        self.seed = seed
        self.faults = faults
        self.days = days
        self.brokenRule = brokenRule
    }

    /// - Parameter trace: takes lines of what happens.
    package func run(trace: ((String) -> Void)? = nil) throws -> Report {
        var generator = Chance(seed: seed)
        let drawn = FaultPlan(drawnFrom: &generator)
        let plan = faults ?? brokenRule?.faults ?? drawn
        let world = try World(plan: plan, seed: generator.next(), days: days, brokenRule: brokenRule)
        world.trace = trace
        try world.run()
        world.check()
        let tables = world.upstream.tables
        let batches = tables.epochs.map { "\($0.epoch.hex.prefix(8)):\($0.state.batches.count)" }
        return Report(
            seed: seed, faults: plan, problems: world.problems, hubDays: Double(days) + World.rest / .seconds(86_400),
            recordCount: tables.records.count, batchCount: tables.epochs.reduce(0) { $0 + $1.state.batches.count },
            cutAheadCount: world.cutAheadCount, powerCutCount: world.powerCutCount, agentEndCount: world.agentEndCount,
            restoreCount: world.restoreCount,
            alarms: world.renewals + tables.alarms.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" },
            fingerprint: "\(tables.records.count) \(batches.joined(separator: " ")) \(world.submissionCount)")
    }
}
