/// The limits that quality control and reporting hold a run against, for one column geometry.
///
/// Sources: ICSH and CLSI for the method's temperatures; the others are ours, tuned on synthetic runs so that clean
/// ones are refused in at most 0.5 % of cases. A changed limit is a new `version`.
package struct ESRProfile: Sendable, Hashable {
    package var version: String
    package var geometry: ColumnGeometry

    // The input.

    /// mm by which a column may differ from `geometry`
    package var columnTolerance = 0.5
    /// Share of blood by which a dilution may differ from `geometry`
    package var dilutionTolerance = 0.01

    /// Samples in a run; more are refused before anything is computed.
    package var sampleCountMax = 20_000
    /// Samples that are present, below which nothing is computed.
    package var presentCountMin = 30
    /// s
    package var periodRange = 1.0...10.0
    /// Share of samples that may be missing or set aside as outliers.
    package var missingShareMax = 0.2
    /// s
    package var gapSecondsMax = 90.0
    /// mm; a full column moves between 0 and its length, a knocked or underfilled one goes beyond.
    package var levelRange = -15.0...60.0
    /// Net rise in mm from which on the axis counts as reversed.
    package var netRiseMax = 0.4

    // The circumstances.

    /// s, one standard deviation of the start event where the run states none
    package var startUncertaintySeconds = 10.0
    /// s, one standard deviation of the start event
    package var startUncertaintySecondsMax = 60.0
    /// s
    package var sampleAgeSecondsMax = 6 * 3600.0
    /// s; older blood is noted
    package var sampleAgeSecondsMarginal = 4 * 3600.0
    /// °C
    package var temperatureRange = 15.0...30.0
    /// °C; the method's own range, outside of which the temperature is noted
    package var temperatureReference = 18.0...25.0
    /// K
    package var temperatureDriftMax = 3.0
    /// Degrees, as a mean of the run or over any 30 s of it
    package var tiltMax = 2.0
    /// Degrees, noted
    package var tiltMarginal = 1.0

    // The curve.

    /// mm, either sign
    package var startLevelMax = 0.9
    /// Standard errors
    package var stepDownEvidenceMax = 5.3
    /// Standard errors
    package var stepUpEvidenceMax = 5.5
    /// mm; smaller steps are no matter, however evident
    package var stepDownSizeMin = 0.7
    /// mm
    package var stepUpSizeMin = 0.3
    /// Standard errors by which the mean level may rise
    package var riseEvidenceMax = 4.9
    /// mm by which the last sample may stand alone: the next one would tell a step from an outlier
    package var endDeviationMax = 0.75
    /// mm, either sign: a first sample that stands alone is an outlier if the others start from here, else a step behind it
    package var loneStartLevelMax = 0.45
    /// mm; no bubble is larger, so farther than this it is an outlier
    package var endDeviationOutlier = 5.2
    /// mm, one standard deviation
    package var noiseMax = 0.25
    /// mm, one standard deviation
    package var noiseMin = 0.03
    /// Standard errors, in runs of up to 20 minutes
    package var stallEvidenceMax = 2.76
    /// Standard errors a minute beyond 20, because longer runs have more places to look at
    package var stallEvidencePerMinute = 0.012
    /// mm; beyond this fall the packing of the cells slows the fall as a clot does, so stalls are not looked for
    package var stallFallMax = 22.0
    /// Volume fraction of cells that packing is reckoned with when stalls are looked for
    package var stallCellFraction = 0.38
    /// s for which the level may stand still to less than its own noise
    package var frozenSecondsMax = 90.0
    /// Standard deviations of training by which an input may lie outside of the training runs' range
    package var envelopeMarginMax = 0.5

    // The report.

    /// min
    package var minutesMin = 5.0
    /// min
    package var minutesFinal = 30.0
    /// min; what comes later is not used
    package var minutesMax = 60.0
    /// Half of the interval of a final result is at most this many mm/h, or the share below of the value.
    package var halfWidthMax = 5.0
    package var halfWidthShareMax = 0.25
    /// mm/h
    package var reportableRange = 1.0...140.0

    package static let short60 = ESRProfile(version: "short-60/4", geometry: .short60)

    package init(version: String, geometry: ColumnGeometry) {
        self.version = version
        self.geometry = geometry
    }

    /// Whether the profile was made for columns like this one.
    func covers(_ other: ColumnGeometry) -> Bool {
        abs(other.columnLength - geometry.columnLength) <= columnTolerance
            && abs(other.dilution - geometry.dilution) <= dilutionTolerance
    }

    /// The stall limit for a run of this many minutes, in standard errors.
    func stallEvidenceMax(minutes: Double) -> Double {
        stallEvidenceMax + stallEvidencePerMinute * max(minutes - 20, 0)
    }

    /// Every constant of the profile, one a line: what a hash of the profile is taken over.
    package var canonicalDescription: String {
        let lines: [(String, Double)] = [
            ("column_mm", geometry.columnLength), ("dilution", geometry.dilution),
            ("column_tolerance", columnTolerance), ("dilution_tolerance", dilutionTolerance),
            ("sample_count_max", Double(sampleCountMax)), ("present_count_min", Double(presentCountMin)),
            ("period_min", periodRange.lowerBound), ("period_max", periodRange.upperBound),
            ("missing_share_max", missingShareMax), ("gap_max", gapSecondsMax),
            ("level_min", levelRange.lowerBound), ("level_max", levelRange.upperBound),
            ("net_rise_max", netRiseMax), ("start_uncertainty", startUncertaintySeconds),
            ("start_uncertainty_max", startUncertaintySecondsMax),
            ("sample_age_max", sampleAgeSecondsMax), ("sample_age_marginal", sampleAgeSecondsMarginal),
            ("temperature_min", temperatureRange.lowerBound), ("temperature_max", temperatureRange.upperBound),
            ("temperature_reference_min", temperatureReference.lowerBound),
            ("temperature_reference_max", temperatureReference.upperBound),
            ("temperature_drift_max", temperatureDriftMax), ("tilt_max", tiltMax), ("tilt_marginal", tiltMarginal),
            ("start_level_max", startLevelMax), ("step_down_evidence_max", stepDownEvidenceMax),
            ("step_up_evidence_max", stepUpEvidenceMax),
            ("step_down_size_min", stepDownSizeMin),
            ("step_up_size_min", stepUpSizeMin),
            ("rise_evidence_max", riseEvidenceMax),
            ("lone_start_level_max", loneStartLevelMax),
            ("end_deviation_max", endDeviationMax), ("end_deviation_outlier", endDeviationOutlier),
            ("noise_max", noiseMax), ("noise_min", noiseMin),
            ("stall_evidence_max", stallEvidenceMax),
            ("stall_evidence_per_minute", stallEvidencePerMinute),
            ("frozen_max", frozenSecondsMax), ("stall_fall_max", stallFallMax),
            ("stall_cell_fraction", stallCellFraction),
            ("envelope_margin_max", envelopeMarginMax), ("minutes_min", minutesMin),
            ("minutes_final", minutesFinal), ("minutes_max", minutesMax), ("half_width_max", halfWidthMax),
            ("half_width_share_max", halfWidthShareMax), ("reportable_min", reportableRange.lowerBound),
            ("reportable_max", reportableRange.upperBound),
        ]
        return lines.reduce("profile \(version)\n") { text, line in text + "\(line.0) \(line.1)\n" }
    }
}
