import CORProtocol
import ESRAnalysis
import HubCore

/// Lets the analysis run only after it passed its self-test; otherwise runs are kept without a result, and it is said.
struct AnalysisAdmission: Sendable {
    /// The analysis, or one that refuses every run with `self-test-failed`.
    let analyzer: ESRAnalyzer
    /// What a person must hear; nil when the self-test passed.
    let alarm: String?

    /// - Parameters:
    ///   - candidate: nil where there is no usable model.
    ///   - reason: why there is none.
    init(_ candidate: ESRAnalyzer?, reason: String? = nil) {
        guard let candidate else {
            analyzer = ESRAnalyzer().withoutModel
            alarm = "analysis is off: \(reason ?? "there is no model")"
            return
        }
        let outcome = SelfTest(candidate).outcome()
        analyzer = outcome.isPassed ? candidate : candidate.withoutModel
        alarm = outcome.isPassed ? nil : "analysis is off, its self-test failed: \(Self.text(outcome))"
    }

    func audit(at time: TimeBlock) -> AuditDraft? {
        alarm.map {
            AuditDraft(.start, actor: .agent, subject: "analysis", outcome: .failed, time: time, detail: $0)
        }
    }

    private static func text(_ outcome: SelfTest.Outcome) -> String {
        switch outcome {
        case .passed(let count): "\(count) known runs agree"
        case .modelUnsound: "the model's bytes do not have their hash, or it is made for another profile"
        case .refused(let run, let reasons):
            "known run \(run) has no result (\(reasons.map(\.rawValue).joined(separator: ", ")))"
        case .differs(let run, let expected, let found): "known run \(run) gives \(found) in the place of \(expected)"
        case .accepted(let run, let disturbance): "known run \(run) gives a number in spite of: \(disturbance)"
        }
    }
}
