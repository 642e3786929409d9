import Glibc
import Simulation

// simulate: plays histories and prints what does not hold.

struct Arguments {
    static let usage = """
        usage: simulate [--seeds N] [--first S | --fresh | --seed S [--trace]] [--days D] [--jobs N] [--break RULE]

        RULE: \(BrokenRule.allCases.map(\.rawValue).joined(separator: ", "))
        """

    var seeds: UInt64 = 200
    var first: UInt64 = 1
    var days = 3
    var jobs = 2
    var isTraced = false
    var brokenRule: BrokenRule?

    init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let name = rest.popFirst() {
            if name == "--trace" {
                isTraced = true
                continue
            }
            if name == "--fresh" {
                // Far from those that are played each time; rounded, so that the number is short to type.
                first = .random(in: 1...999_999) * 1_000_000
                continue
            }
            guard let text = rest.popFirst() else { return nil }
            if name == "--break" {
                guard let rule = BrokenRule(rawValue: text) else { return nil }
                brokenRule = rule
                continue
            }
            guard let number = UInt64(text) else { return nil }
            switch name {
            case "--seeds": seeds = number
            case "--first": first = number
            case "--seed": (first, seeds) = (number, 1)
            case "--days" where (1...365).contains(number): days = Int(number)
            case "--jobs" where (1...64).contains(number): jobs = Int(number)
            default: return nil
            }
        }
        guard !first.addingReportingOverflow(seeds).overflow else { return nil }
    }
}

/// What all histories together came to.
struct Tally {
    var failed: [UInt64] = []
    var (days, records, batches, ahead, cuts, ends, restores) = (0.0, 0, 0, 0, 0, 0, 0)

    mutating func add(_ report: Simulation.Report) {
        days += report.hubDays
        records += report.recordCount
        batches += report.batchCount
        ahead += report.cutAheadCount
        cuts += report.powerCutCount
        ends += report.agentEndCount
        restores += report.restoreCount
        guard !report.problems.isEmpty else { return }
        failed.append(report.seed)
        print("seed \(report.seed) (\(report.faults)):")
        for problem in report.problems.prefix(10) { print("  \(problem)") }
        fflush(nil)  // To be seen at once, also in a file.
    }

    func show(_ arguments: Arguments, elapsed: Duration) {
        let rate = days / (elapsed / .seconds(1))
        print(
            "\(arguments.seeds) seeds, \(Int(days)) hub-days, \(records) records, \(batches) batches (\(ahead) cut ahead), \(cuts) power cuts, "
                + "\(ends) ends of the agent, \(restores) restores: \(failed.count) failed; \(Int(rate)) hub-days a second"
        )
        guard !failed.isEmpty else { return }
        let days = arguments.days == 3 ? "" : " --days \(arguments.days)"
        for seed in failed.sorted().prefix(20) { print("repeat with: scripts/simulate --seed \(seed)\(days)") }
    }
}

/// A history is a value of its seed alone, so that they may be played beside each other.
func play(_ arguments: Arguments) async throws -> Tally {
    let isTraced = arguments.isTraced
    return try await withThrowingTaskGroup(of: Simulation.Report.self) { group in
        var tally = Tally()
        var next = arguments.first
        let end = arguments.first + arguments.seeds
        func start() {
            guard next < end else { return }
            let simulation = Simulation(seed: next, days: arguments.days, brokenRule: arguments.brokenRule)
            group.addTask { try simulation.run(trace: isTraced ? { line in print(line) } : nil) }
            next += 1
        }
        for _ in 0..<arguments.jobs { start() }
        while let report = try await group.next() {
            tally.add(report)
            if arguments.seeds == 1 {
                print("seed \(report.seed): \(report.faults); \(report.fingerprint)")
                for alarm in report.alarms { print("  \(alarm)") }
            }
            start()
        }
        return tally
    }
}

if CommandLine.arguments.dropFirst().first == "rollout" {
    guard let program = FleetProgram(CommandLine.arguments.dropFirst(2)) else {
        print(FleetProgram.usage)
        exit(64)
    }
    exit(try program.run())
}
guard let arguments = Arguments(CommandLine.arguments.dropFirst()) else {
    print(Arguments.usage)
    exit(64)
}
if arguments.seeds > 1 {
    print("seeds \(arguments.first) to \(arguments.first + arguments.seeds - 1), \(arguments.days) days of faults each")
}
let start = ContinuousClock.now
let tally = try await play(arguments)
tally.show(arguments, elapsed: start.duration(to: .now))
exit(tally.failed.isEmpty ? 0 : 1)
