/// What quality control measured on the curve, whether or not a limit was passed.
package struct QualityMeasurements: Sendable, Hashable {
    /// White noise of the level, one standard deviation in mm.
    package var noise: Double
    /// Level at the start event in mm; 0 in a full column.
    package var startLevel: Double
    /// Largest sudden step downwards in mm, at least 0.
    package var stepDown: Double
    /// Largest sudden step upwards in mm, at least 0.
    package var stepUp: Double
    /// Smallest share of its own earlier driving force that the fall kept up, 1 or near it in clean runs.
    package var driveRatio: Double
    /// Share of samples that are missing, 0 to 1.
    package var missingShare: Double
    /// Longest stretch without a sample in s.
    package var gapSeconds: Double
    /// Share of samples that were set aside as outliers, 0 to 1.
    package var outlierShare: Double
    /// Largest difference within the temperature trace in K; 0 without a trace.
    package var temperatureDrift: Double
}

/// Features of the cleaned curve that the estimate rests on.
package struct KineticFeatures: Sendable, Hashable {
    /// Fall in mm at the end of what was used.
    package var fall: Double
    /// Mean level in mm in each of `count` equal parts of the time used.
    package var levels: [Double]
    /// Fastest fall in mm/min between two neighbouring parts.
    package var speedMax: Double
    /// Minute of the fastest fall.
    package var speedMaxMinute: Double
}
