#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Draws sedimentation runs in COR One's 60 mm column: the same seed gives the same runs.
package struct SedimentationRunSource: Sendable {
    private static let columnLength = 60.0
    private static let dilution = 0.8
    /// s, one standard deviation of the start event
    private static let startUncertainty = 10.0
    /// Extra white noise of a haemolysed sample in mm.
    private static let haemolysisNoise = 0.8

    private var generator: SeededGenerator
    private let population: Population
    private let noise: SensorNoise

    package init(seed: UInt64, population: Population = .home, noise: SensorNoise = SensorNoise()) {
        generator = SeededGenerator(seed: seed)
        self.population = population
        self.noise = noise
    }

    /// The next person's run: `minutes × 60 / periodSeconds` samples and the one at the start event.
    package mutating func run(
        minutes: Int = 30, periodSeconds: Double = 5, artefact: Artefact = .none
    ) -> SimulatedRun {
        run(
            of: population.blood(using: &generator), minutes: minutes, periodSeconds: periodSeconds,
            artefact: artefact)
    }

    /// A run of this blood.
    package mutating func run(
        of blood: SedimentationModel, minutes: Int = 30, periodSeconds: Double = 5, artefact: Artefact = .none
    ) -> SimulatedRun {
        let count = Int((Double(minutes) * 60 / periodSeconds).rounded()) + 1
        let temperature = generator.uniform(in: 18...28)
        var column = SedimentationModel.Column(
            length: Self.columnLength, temperature: temperature, tilt: abs(0.5 * generator.normal()),
            speedFactor: exp(0.04 * generator.normal()),
            minutesBeforeStart: abs(Self.startUncertainty * generator.normal()) / 60)
        let moment = generator.uniform() * Double(minutes)
        switch artefact {
        case .tilted: column.tilt = generator.uniform(in: 3...8)
        case .lateStart: column.minutesBeforeStart += generator.uniform(in: 60...170) / 60
        case .clot: column.slowing = (moment, generator.uniform(in: 0...0.15))
        case .stalled: column.slowing = (moment, 0)
        case .none, .bubble, .haemolysis, .knock, .underfill: break
        }
        var levels = blood.falls(in: column, count: count, periodSeconds: periodSeconds)
        let momentIndex = min(Int((moment * 60 / periodSeconds).rounded(.up)), count - 1)
        disturb(&levels, from: momentIndex, artefact: artefact)
        var sensor = noise
        if artefact == .haemolysis {
            sensor.white = (sensor.white * sensor.white + Self.haemolysisNoise * Self.haemolysisNoise).squareRoot()
        }
        let reported = temperature + 0.5 * generator.normal()
        return SimulatedRun(
            falls: sensor.readings(of: levels, periodSeconds: periodSeconds, using: &generator),
            periodSeconds: periodSeconds,
            temperatures: trace(around: reported, spread: 0.05, pitch: 0.01, minutes: minutes),
            tilts: trace(around: column.tilt, spread: 0.02, pitch: 0.01, minutes: minutes).map { max($0, 0) },
            columnLength: Self.columnLength, dilution: Self.dilution,
            startUncertaintySeconds: Self.startUncertainty, artefact: artefact, truth: blood.westergren)
    }

    /// Applies what shifts the level without changing how the blood settles.
    private mutating func disturb(_ levels: inout [Double], from index: Int, artefact: Artefact) {
        switch artefact {
        case .lateStart:
            let start = levels[0]
            levels = levels.map { $0 - start }
        case .bubble:
            let step = generator.uniform(in: 1...5) * (generator.uniform() < 0.5 ? -1 : 1)
            for later in levels.indices[index...] { levels[later] += step }
        case .knock:
            let back = generator.uniform(in: 0.4...1) * levels[index]
            for later in levels.indices[index...] { levels[later] -= back }
        case .underfill:
            let missing = generator.uniform(in: 4...15)
            levels = levels.map { $0 + missing }
        case .none, .clot, .haemolysis, .tilted, .stalled:
            break
        }
    }

    /// One value a minute that wanders around `mean`, rounded to `pitch`.
    private mutating func trace(around mean: Double, spread: Double, pitch: Double, minutes: Int) -> [Double] {
        (0...max(minutes, 0)).map { _ in
            ((mean + spread * generator.normal()) / pitch).rounded() / (1 / pitch).rounded()
        }
    }
}
