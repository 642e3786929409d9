import Glibc
import Simulation

/// `simulate rollout`: plays fleets and prints what does not hold.
struct FleetProgram {
    static let usage = """
        usage: simulate rollout [--seeds N] [--first S] [--hubs N] [--break RULE]

        RULE: \(FleetSetup.BrokenRule.allCases.map(\.rawValue).joined(separator: ", "))
        """

    private var seeds: UInt64 = 1
    private var first: UInt64 = 1
    private var hubs = 1_000
    private var brokenRule: FleetSetup.BrokenRule?

    init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let name = rest.popFirst() {
            guard let text = rest.popFirst() else { return nil }
            if name == "--break" {
                guard let rule = FleetSetup.BrokenRule(rawValue: text) else { return nil }
                brokenRule = rule
                continue
            }
            guard let number = UInt64(text), number >= 1, number <= 1_000_000 else { return nil }
            switch name {
            case "--seeds": seeds = number
            case "--first": first = number
            case "--hubs" where number <= 100_000: hubs = Int(number)
            default: return nil
            }
        }
    }

    /// - Returns: the exit status.
    func run() throws -> Int32 {
        var failedCount = 0
        for seed in first..<(first + seeds) {
            let start = ContinuousClock.now
            var simulation = FleetSimulation(FleetSetup(seed: seed, hubCount: hubs, brokenRule: brokenRule))
            let report = try simulation.run()
            let elapsed = start.duration(to: .now) / .seconds(1)
            print(
                "seed \(seed): \(report.deviceCount) devices of \(hubs) hubs, \(report.reachableCount) reachable, "
                    + "14 days, \(report.eventCount) events in \((elapsed * 10).rounded() / 10) s")
            for line in report.news { print("  \(line)") }
            print(
                "  the bad release ran on \(report.badReleaseCount) devices, \(report.attemptedWhenPaused) of them known "
                    + "when it was paused; the good one runs on \(report.goodReleaseCount) of \(report.goodExpectedCount)"
            )
            for problem in report.problems { print("  DOES NOT HOLD: \(problem)") }
            if !report.problems.isEmpty { failedCount += 1 }
            fflush(nil)
        }
        print("\(seeds) fleets, \(failedCount) failed")
        return failedCount == 0 ? 0 : 1
    }
}
