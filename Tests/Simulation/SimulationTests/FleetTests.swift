import Simulation
import Testing

@Suite("A fleet of hubs, a bad release and a good one")
struct FleetTests {
    @Test("The bad release pauses, no device is bricked, the good one reaches every reachable device")
    func fleets() throws {
        var simulation = FleetSimulation(FleetSetup())
        let report = try simulation.run()
        #expect(report.problems == [])
        #expect(report.deviceCount == 3_000)
    }

    /// The control of what stands above.
    @Test("A rule that is broken on purpose is found", arguments: FleetSetup.BrokenRule.allCases)
    func control(rule: FleetSetup.BrokenRule) throws {
        var simulation = FleetSimulation(FleetSetup(brokenRule: rule))
        #expect(try simulation.run().problems != [])
    }
}
