import Glibc
import Simulation

// simulate [--seeds N] [--seed S] [--first S] [--days D]: plays histories and prints what does not hold.

struct Arguments {
    var seeds: UInt64 = 200
    var first: UInt64 = 1
    var days = 3
    var isTraced = false

    init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let name = rest.popFirst() {
            if name == "--trace" {
                isTraced = true
                continue
            }
            guard let text = rest.popFirst(), let number = UInt64(text) else { return nil }
            switch name {
            case "--seeds": seeds = number
            case "--first": first = number
            case "--seed": (first, seeds) = (number, 1)
            case "--days" where (1...365).contains(number): days = Int(number)
            default: return nil
            }
        }
    }
}

func main() -> Int32 {
    guard let arguments = Arguments(CommandLine.arguments.dropFirst()) else {
        print("usage: simulate [--seeds N] [--first S] [--seed S] [--days D]")
        return 64
    }
    let start = ContinuousClock.now
    var failed: [UInt64] = []
    var (days, records, batches, cuts, restores) = (0.0, 0, 0, 0, 0)
    for seed in arguments.first..<(arguments.first + arguments.seeds) {
        let report: Simulation.Report
        do {
            report = try Simulation(seed: seed, days: arguments.days)
                .run(trace: arguments.isTraced ? { print($0) } : nil)
        } catch {
            print("seed \(seed): \(error)")
            failed.append(seed)
            continue
        }
        days += report.hubDays
        records += report.recordCount
        batches += report.batchCount
        cuts += report.powerCutCount
        restores += report.restoreCount
        if arguments.seeds == 1 {
            print("seed \(seed): \(report.faults); \(report.fingerprint)")
            for alarm in report.alarms { print("  \(alarm)") }
        }
        guard !report.problems.isEmpty else { continue }
        failed.append(seed)
        print("seed \(seed) (\(report.faults)):")
        for problem in report.problems.prefix(10) { print("  \(problem)") }
    }
    let elapsed = start.duration(to: .now)
    let rate = days / (elapsed / .seconds(1))
    print(
        "\(arguments.seeds) seeds, \(Int(days)) hub-days, \(records) records, \(batches) batches, \(cuts) power cuts, "
            + "\(restores) restores: \(failed.count) failed; \(Int(rate)) hub-days a second")
    if !failed.isEmpty { print("repeat with --seed \(failed.prefix(20).map(String.init).joined(separator: ", "))") }
    return failed.isEmpty ? 0 : 1
}

exit(main())
