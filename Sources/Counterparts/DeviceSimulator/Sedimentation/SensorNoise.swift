#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What the sensor makes of a level: origin offset, slow wander, white noise, outliers, rounding and dropouts.
package struct SensorNoise: Sendable, Hashable {
    /// mm, one standard deviation of each run's origin
    package var origin = 0.2
    /// mm, one standard deviation
    package var white = 0.10
    /// mm, one standard deviation
    package var wander = 0.05
    /// s
    package var wanderMemory = 60.0
    /// mm; 0 is no rounding
    package var pitch = 0.05
    /// Share of samples
    package var outlierShare = 0.003
    /// mm, one standard deviation
    package var outlierSize = 4.0
    /// Share of samples
    package var dropoutShare = 0.01

    package init() {}

    /// The levels in mm as reported.
    package func readings(
        of levels: [Double], periodSeconds: Double, using generator: inout SeededGenerator
    ) -> [Double?] {
        let start = origin * generator.normal()
        let memory = exp(-periodSeconds / wanderMemory)
        let fresh = wander * (1 - memory * memory).squareRoot()
        var slow = wander * generator.normal()
        return levels.map { level in
            var reading = level + start + slow + white * generator.normal()
            slow = memory * slow + fresh * generator.normal()
            if generator.uniform() < outlierShare {
                reading += outlierSize * generator.normal()
            }
            let isMissing = generator.uniform() < dropoutShare
            return isMissing ? nil : rounded(reading)
        }
    }

    private func rounded(_ reading: Double) -> Double {
        // Multiples of 1/pitch are exact where those of pitch are not.
        pitch > 0 ? (reading / pitch).rounded() / (1 / pitch).rounded() : reading
    }
}
