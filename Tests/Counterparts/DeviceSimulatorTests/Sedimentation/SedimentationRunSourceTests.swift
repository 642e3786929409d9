import DeviceSimulator
import Testing

@Suite("Simulated runs")
struct SedimentationRunSourceTests {
    @Test("The same seed gives the same runs, another seed others")
    func seeds() {
        func runs(_ seed: UInt64) -> [SimulatedRun] {
            var source = SedimentationRunSource(seed: seed)
            return Artefact.allCases.map { source.run(minutes: 5, artefact: $0) }
        }
        #expect(runs(1) == runs(1))
        #expect(runs(1) != runs(2))
    }

    @Test("A run holds a sample at the start event and one each period after it, on the sensor's pitch")
    func shape() {
        var source = SedimentationRunSource(seed: 2)
        let run = source.run()
        #expect(run.falls.count == 361)
        #expect(run.temperatures.count == 31 && run.tilts.count == 31)
        #expect(run.falls.compactMap { $0 }.allSatisfy { ($0 * 20).rounded() / 20 == $0 })
    }

    @Test("The sensor drops one sample in a hundred and has a noise of a tenth of a millimetre")
    func noise() {
        var generator = SeededGenerator(seed: 3)
        var noise = SensorNoise()
        noise.outlierShare = 0
        noise.origin = 0
        let readings = noise.readings(
            of: [Double](repeating: 0, count: 50_000), periodSeconds: 5, using: &generator)
        let present = readings.compactMap { $0 }
        let spread = (present.reduce(0) { $0 + $1 * $1 } / Double(present.count)).squareRoot()
        // White 0.10, wander 0.05 and rounding to 0.05 (0.0144) together.
        #expect(abs(spread - 0.1127) < 0.004)
        #expect((400...600).contains(readings.count - present.count))
    }

    @Test("Underfill shows at the first sample, tilt in the trace, a late start nowhere")
    func artefacts() throws {
        var source = SedimentationRunSource(seed: 4)
        for _ in 0..<20 {
            let underfill = source.run(minutes: 5, artefact: .underfill).falls.prefix(5).compactMap { $0 }
            #expect(underfill.contains { $0 > 3 })
            #expect(source.run(minutes: 5, artefact: .tilted).tilts.allSatisfy { $0 > 2.8 })
            let late = source.run(minutes: 5, artefact: .lateStart).falls.prefix(5).compactMap { $0 }.sorted()
            #expect(late[late.count / 2] < 1.2)
        }
    }

    @Test("Normal draws have mean 0 and standard deviation 1")
    func normal() {
        var generator = SeededGenerator(seed: 5)
        let draws = (0..<20_000).map { _ in generator.normal() }
        let mean = draws.reduce(0, +) / 20_000
        let variance = draws.reduce(0) { $0 + $1 * $1 } / 20_000 - mean * mean
        #expect(abs(mean) < 0.03)
        #expect(abs(variance - 1) < 0.05)
    }
}
