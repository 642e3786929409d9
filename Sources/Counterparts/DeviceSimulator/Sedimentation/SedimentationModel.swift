#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Blood that settles: a gel of red cells that collapses under its weight once its network has broken up.
///
/// With φ = φ₀ H / h, the volume fraction of cells below the interface at height h in a column of height H:
/// `dh/dt = −V · (1 − exp(−t/τ)) · [r₁ + (1 − r₁) / (1 + exp(−(t − T₁)/w))] · (φm − φ)³ / (φ (1 − φ))`.
/// The law is that of gel collapse (Darras and others, arXiv 2108.13841); the onset is a logistic switch, fitted to
/// published readings of 220 patients and the phases seen in 29 healthy people. No curve of real blood was at hand.
package struct SedimentationModel: Sendable, Hashable {
    /// Strength of aggregation, in units of the speed below.
    package var gamma: Double
    /// Minute at which the network breaks up.
    package var onsetMinute: Double
    /// Width of that moment in min.
    package var onsetWidth: Double
    /// Share of the full driving force before the onset.
    package var earlyShare: Double
    /// Time constant of rouleaux formation in min.
    package var aggregationMinutes: Double
    /// Volume fraction of cells in the diluted blood.
    package var cellFraction: Double
    /// Volume fraction of densely packed cells.
    package var packedFraction: Double

    package init(
        gamma: Double, onsetMinute: Double, onsetWidth: Double, earlyShare: Double, aggregationMinutes: Double,
        cellFraction: Double, packedFraction: Double
    ) {
        self.gamma = gamma
        self.onsetMinute = onsetMinute
        self.onsetWidth = onsetWidth
        self.earlyShare = earlyShare
        self.aggregationMinutes = aggregationMinutes
        self.cellFraction = cellFraction
        self.packedFraction = packedFraction
    }

    /// mm/min at 20 °C for a gamma of 1
    private static let unitSpeed = 0.0120
    private static let referenceTemperature = 20.0
    /// Steps of the integration per sample.
    private static let substeps = 2
    /// The interface stays this much above the packed cells.
    private static let packingMargin = 1.0005

    /// What the column and its surroundings do to the fall.
    package struct Column: Sendable, Hashable {
        /// mm
        package var length: Double
        /// °C
        package var temperature: Double
        /// Degrees from the vertical.
        package var tilt: Double
        /// Further factor on the speed, 1 in a perfect column.
        package var speedFactor: Double
        /// Minutes for which the blood had settled before the first sample.
        package var minutesBeforeStart: Double
        /// From this minute after the start on the fall goes on at a share of its speed; `nil` is undisturbed.
        package var slowing: (minute: Double, share: Double)? {
            get { slowingMinute.map { ($0, slowingShare) } }
            set {
                slowingMinute = newValue?.minute
                slowingShare = newValue?.share ?? 1
            }
        }
        private var slowingMinute: Double?
        private var slowingShare = 1.0

        package init(
            length: Double, temperature: Double = 20, tilt: Double = 0, speedFactor: Double = 1,
            minutesBeforeStart: Double = 0
        ) {
            self.length = length
            self.temperature = temperature
            self.tilt = tilt
            self.speedFactor = speedFactor
            self.minutesBeforeStart = minutesBeforeStart
        }
    }

    /// Fall in mm in the first hour in a vertical 200 mm column at 20 °C: the true ESR in mm/h.
    package var westergren: Double {
        falls(in: Column(length: 200), count: 361, periodSeconds: 10).last ?? 0
    }

    /// Fall of the interface in mm at each of `count` samples, the first at the start.
    package func falls(in column: Column, count: Int, periodSeconds: Double) -> [Double] {
        let speed = gamma * Self.unitSpeed * speedFactor(of: column)
        var height = column.length
        if column.minutesBeforeStart > 0 {
            let steps = 12
            let step = column.minutesBeforeStart / Double(steps)
            for index in 0..<steps {
                advance(&height, column: column, speed: speed, minute: Double(index) * step, by: step)
            }
        }
        var falls = [column.length - height]
        falls.reserveCapacity(count)
        let step = periodSeconds / 60 / Double(Self.substeps)
        for sample in 1..<max(count, 2) {
            for substep in 0..<Self.substeps {
                let sinceStart = Double((sample - 1) * Self.substeps + substep) * step
                let share = column.slowing.map { sinceStart >= $0.minute ? $0.share : 1 } ?? 1
                advance(
                    &height, column: column, speed: share * speed,
                    minute: column.minutesBeforeStart + sinceStart, by: step)
            }
            falls.append(column.length - height)
        }
        return Array(falls.prefix(count))
    }

    /// One step of the midpoint rule.
    private func advance(
        _ height: inout Double, column: Column, speed: Double, minute: Double, by step: Double
    ) {
        let floor = Self.packingMargin * cellFraction * column.length / packedFraction
        let middle = max(height - step / 2 * rate(height, column, speed, minute), floor)
        height = max(height - step * rate(middle, column, speed, minute + step / 2), floor)
    }

    /// Speed of the interface downwards in mm/min.
    private func rate(_ height: Double, _ column: Column, _ speed: Double, _ minute: Double) -> Double {
        let fraction = cellFraction * column.length / height
        let free = packedFraction - fraction
        return speed * drive(minute: minute) * free * free * free / (fraction * (1 - fraction))
    }

    /// Share of the full driving force at this minute, 0 to 1.
    private func drive(minute: Double) -> Double {
        let aggregated = 1 - exp(-minute / aggregationMinutes)
        let broken = 1 / (1 + exp(-(minute - onsetMinute) / onsetWidth))
        return aggregated * (earlyShare + (1 - earlyShare) * broken)
    }

    /// Warm plasma is thinner, and a leaning column lets plasma rise along its upper wall (Boycott's effect).
    private func speedFactor(of column: Column) -> Double {
        let viscosity = Self.viscosity(column.temperature) / Self.viscosity(Self.referenceTemperature)
        return column.speedFactor * (1 + 0.30 * pow(abs(column.tilt) / 3, 2.36)) / viscosity
    }

    /// Viscosity of water at this temperature in °C, up to a constant factor.
    private static func viscosity(_ temperature: Double) -> Double {
        pow(10, 247.8 / (temperature + 273.15 - 140))
    }
}
