/// What the analysis says of one run: a value with its interval, or no result with its reasons.
package struct ESRVerdict: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable {
        /// At least 30 minutes were seen and the interval is narrow.
        case final
        /// An estimate that is not to be acted upon: an early one, or one with a wide interval.
        case preliminary
        /// No number; `findings` says why.
        case noResult = "no-result"
    }

    /// On which side of the value the truth lies when the value is a limit of the reportable range.
    package enum Comparator: String, Sendable, Hashable {
        case above = ">"
        case below = "<"
    }

    /// The Westergren-equivalent estimate of the fall in the first hour.
    package struct Estimate: Sendable, Hashable {
        /// mm/h at 20 °C in a 200 mm vertical column.
        package var value: Double
        package var comparator: Comparator?
        /// Ends of the interval that holds the truth in 90 of 100 runs like this one, mm/h.
        package var interval90: ClosedRange<Double>

        package init(value: Double, comparator: Comparator?, interval90: ClosedRange<Double>) {
            self.value = value
            self.comparator = comparator
            self.interval90 = interval90
        }
    }

    package var status: Status
    /// Present exactly when `status` is not `.noResult`.
    package var estimate: Estimate?
    /// Everything that decided, in the order of `ESRReason.allCases`; empty for an unremarkable final result.
    package var findings: [Finding]
    /// Minutes of the run that were used, from the start event.
    package var minutes: Double
    /// What quality control measured; `nil` when the input was refused before it could be measured.
    package var measurements: QualityMeasurements?
    /// Kinetic features of the curve; `nil` when there is no usable curve.
    package var features: KineticFeatures?
    package var isBackfilled: Bool
    package var provenance: Provenance

    package init(
        status: Status, estimate: Estimate?, findings: [Finding], minutes: Double,
        measurements: QualityMeasurements?, features: KineticFeatures?, isBackfilled: Bool, provenance: Provenance
    ) {
        self.status = status
        self.estimate = estimate
        self.findings = findings
        self.minutes = minutes
        self.measurements = measurements
        self.features = features
        self.isBackfilled = isBackfilled
        self.provenance = provenance
    }

    /// The codes of `findings`, once each, in the same order.
    package var reasons: [ESRReason] { findings.map(\.reason) }
}
