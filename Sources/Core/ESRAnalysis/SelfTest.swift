/// Analyses the runs that the model carries, and disturbed ones, and compares with what must come out.
///
/// It runs once before the first analysis: a program that was built or loaded wrongly gives no results at all.
package struct SelfTest: Sendable {
    package enum Outcome: Sendable, Hashable {
        case passed(runCount: Int)
        /// No model, or one of another profile, or bytes that are not the ones that were built in.
        case modelUnsound
        /// A known run got no number.
        case refused(run: Int, reasons: [ESRReason])
        /// A known run got another number than the trainer's own implementation gave it, mm/h.
        case differs(run: Int, expected: Double, found: Double)
        /// A known run with a disturbance that must be seen got a number.
        case accepted(run: Int, disturbance: String)

        package var isPassed: Bool {
            if case .passed = self { true } else { false }
        }
    }

    /// mm/h and share by which an answer may differ: the trainer reckons in single precision.
    private static let tolerance = 0.05
    private static let toleranceShare = 0.002
    private static let step = 3.0
    private static let periodSeconds = 5.0

    package let analyzer: ESRAnalyzer

    package init(_ analyzer: ESRAnalyzer) {
        self.analyzer = analyzer
    }

    package func outcome() -> Outcome {
        guard let model = analyzer.model, !model.artefact.knownRuns.isEmpty else { return .modelUnsound }
        for (index, known) in model.artefact.knownRuns.enumerated() {
            let verdict = analyzer.verdict(on: Self.run(known))
            guard let estimate = verdict.estimate else { return .refused(run: index, reasons: verdict.reasons) }
            let pairs = [
                (known.value, estimate.value), (known.interval90.lowerBound, estimate.interval90.lowerBound),
                (known.interval90.upperBound, estimate.interval90.upperBound),
            ]
            let limit = Self.tolerance + Self.toleranceShare * known.interval90.upperBound
            // Written so that what is not a number differs.
            if let pair = pairs.first(where: { !(abs($0.0 - $0.1) <= limit) }), estimate.comparator == nil {
                return .differs(run: index, expected: pair.0, found: pair.1)
            }
            for (name, falls) in Self.disturbed(known.falls) {
                var run = Self.run(known)
                run.falls = falls
                guard analyzer.verdict(on: run).estimate == nil else {
                    return .accepted(run: index, disturbance: name)
                }
            }
        }
        return .passed(runCount: model.artefact.knownRuns.count)
    }

    static func run(_ known: ESRModelArtefact.KnownRun) -> SedimentationRun {
        SedimentationRun(
            falls: known.falls, periodSeconds: periodSeconds, temperature: known.temperature, tilt: known.tilt,
            startEvent: .uncertain(seconds: known.startUncertaintySeconds))
    }

    /// What no analysis may take: a step, a reversed axis, metres in the place of millimetres.
    private static func disturbed(_ falls: [Double?]) -> [(name: String, falls: [Double?])] {
        let middle = falls.count / 2
        return [
            ("step", falls.enumerated().map { index, fall in fall.map { index < middle ? $0 : $0 + step } }),
            ("reversed", falls.map { $0.map { 60 - $0 } }),
            ("unit", falls.map { $0.map { $0 / 1_000 } }),
        ]
    }
}
