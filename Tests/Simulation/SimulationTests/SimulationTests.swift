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
}
