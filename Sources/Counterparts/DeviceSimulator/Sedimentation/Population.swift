#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The people that a run's blood is drawn from.
package enum Population: String, Sendable, Hashable, CaseIterable {
    case hospital
    case healthy
    /// Half hospital, half healthy.
    case home

    /// Constants that make the readings at 15, 30 and 60 minutes those of the published study of 220 patients.
    private static let gammaLogMean = 4.9234387400857695
    private static let gammaLogSpread = 0.7461371317972596
    private static let onsetLogMean = 3.7915041377811396
    private static let onsetLogSlope = -1.1354111420714288
    private static let onsetLogSpread = 1.2369824254362234
    private static let earlyShareMean = 0.2776175473754464
    private static let earlyShareSpread = 0.12
    private static let onsetWidthShare = 0.043853427848375946
    private static let dilution = 0.8

    /// One person's blood, diluted 4:1.
    package func blood(using generator: inout SeededGenerator) -> SedimentationModel {
        let isHealthy =
            switch self {
            case .hospital: false
            case .healthy: true
            case .home: generator.uniform() < 0.5
            }
        let logGamma =
            Self.gammaLogMean + (isHealthy ? -0.7 : 0) + Self.gammaLogSpread * generator.normal()
        let onset = exp(
            Self.onsetLogMean + Self.onsetLogSlope * (logGamma - Self.gammaLogMean)
                + Self.onsetLogSpread * generator.normal())
        let earlyShare = Self.earlyShareMean + Self.earlyShareSpread * generator.normal()
        let aggregation = exp(log(1.5) + 0.35 * generator.normal())
        let haematocrit = (isHealthy ? 0.425 : 0.385) + (isHealthy ? 0.040 : 0.055) * generator.normal()
        let packed = 0.86 + 0.03 * generator.normal()
        return SedimentationModel(
            gamma: exp(logGamma), onsetMinute: min(max(onset, 1), 90),
            onsetWidth: min(max(Self.onsetWidthShare * onset, 0.5), 25), earlyShare: min(max(earlyShare, 0.02), 0.95),
            aggregationMinutes: aggregation, cellFraction: Self.dilution * min(max(haematocrit, 0.20), 0.60),
            packedFraction: min(max(packed, 0.76), 0.95))
    }
}
