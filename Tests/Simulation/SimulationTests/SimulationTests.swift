import Simulation
import Testing

@Suite("Simulated histories")
struct SimulationTests {
    @Test(
        "Whatever fails, every record is upstream once or named, and in the end everything is delivered",
        arguments: 0..<6)
    func histories(group: UInt64) throws {
        for seed in (group * 4 + 1)...(group * 4 + 4) {
            let report = try Simulation(seed: seed, days: 2).run()
            #expect(report.problems == [], "seed \(seed), \(report.faults)")
        }
    }

    @Test("The same seed is the same history")
    func repeats() throws {
        for seed in [3, 4] as [UInt64] {
            #expect(
                try Simulation(seed: seed, days: 2).run().fingerprint
                    == Simulation(seed: seed, days: 2).run().fingerprint)
        }
    }

    @Test("Each fault by itself", arguments: FaultPlan.Fault.allCases)
    func single(fault: FaultPlan.Fault) throws {
        let report = try Simulation(seed: 42, faults: FaultPlan([fault]), days: 2).run()
        #expect(report.problems == [])
        #expect(report.recordCount > 10)
    }

    /// The control of everything above: what cannot fail proves nothing.
    @Test("A rule that is broken on purpose is found", arguments: BrokenRule.allCases)
    func control(rule: BrokenRule) throws {
        let (seed, days): (UInt64, Int) =
            switch rule {
            case .acknowledgesUnstored: (7, 2)
            case .namesNothing: (4, 2)
            case .forgetsWithdrawn: (3, 2)
            case .overwritesSilently: (15, 2)
            case .requeuesNothing: (6, 2)
            case .forgetsLoss: (3, 3)
            case .signsWrongly: (1, 1)
            case .prunesByAnyClock: (1, 2)
            case .upstreamForgetsEpochs: (1034, 3)
            }
        #expect(try Simulation(seed: seed, days: days, brokenRule: rule).run().problems != [])
        let sound = try Simulation(seed: seed, faults: rule.faults, days: days).run()
        #expect(sound.problems == [], "the rule as it is")
    }
}
