/// What quality control measured on the curve, whether or not a limit was passed.
package struct QualityMeasurements: Sendable, Hashable {
    /// A sudden change of the level.
    package struct Step: Sendable, Hashable {
        /// mm, at least 0
        package var size: Double
        /// The same in standard errors.
        package var evidence: Double

        static let none = Step(size: 0, evidence: 0)
    }

    /// White noise of the level, one standard deviation in mm.
    package var noise: Double
    /// Longest stretch in s over which the level moved less than its own noise from sample to sample.
    package var frozenSeconds: Double
    /// Level at the start event in mm; 0 in a full column.
    package var startLevel: Double
    /// The most evident sudden step downwards.
    package var stepDown: Step
    /// The most evident sudden step upwards.
    package var stepUp: Step
    /// The most evident rise of the mean level; settling blood never rises.
    package var rise: Step
    /// By how many mm the first sample lies below a line through those behind it.
    package var startDeviation: Double
    /// By how many mm the last sample lies below a line through those before it.
    package var endDeviation: Double
    /// Share of its own earlier driving force that the fall kept up where it lost most; 1 where it lost none.
    package var driveRatio: Double
    /// By how many standard errors the fall lost more than a third of its driving force; 0 when it did not.
    package var stallEvidence: Double
    /// Share of samples that are missing, 0 to 1.
    package var missingShare: Double
    /// Longest stretch without a sample in s.
    package var gapSeconds: Double
    /// Share of samples that were set aside as outliers, 0 to 1.
    package var outlierShare: Double
    /// Largest difference within the temperature trace in K; 0 without a trace.
    package var temperatureDrift: Double
}
