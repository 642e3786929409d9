/// Draws sedimentation runs: the same seed gives the same runs.
package struct SedimentationRunSource: Sendable {
    private var generator: SeededGenerator
    private let population: Population

    package init(seed: UInt64, population: Population = .home) {
        generator = SeededGenerator(seed: seed)
        self.population = population
    }

    /// The next run: `minutes × 60 / periodSeconds` samples and the one at the start event.
    package mutating func run(
        minutes: Int = 30, periodSeconds: Double = 5, artefact: Artefact = .none
    ) -> SimulatedRun {
        SimulatedRun(
            falls: [], periodSeconds: periodSeconds, temperatures: [], tilts: [], columnLength: 60, dilution: 0.8,
            startUncertaintySeconds: 10, artefact: artefact, truth: 0)
    }
}
