import ESRAnalysis
import JSONCoding

/// What `--features` and `--explain` add to a line of `corhub analyze`.
struct AnalyzeReport: Sendable {
    let verdict: ESRVerdict

    /// What was measured on the curve; `null` where it could not be measured.
    var features: JSONValue {
        guard let features = verdict.features, let quality = verdict.measurements else { return .null }
        return [
            "part_levels_mm": .array(features.levels.map { rounded($0) }), "fall_mm": rounded(features.fall),
            "speed_max_mm_min": rounded(features.speedMax), "speed_max_minute": rounded(features.speedMaxMinute),
            "noise_mm": rounded(quality.noise), "start_level_mm": rounded(quality.startLevel),
            "step_down_mm": rounded(quality.stepDown.size), "step_down_evidence": rounded(quality.stepDown.evidence),
            "step_up_mm": rounded(quality.stepUp.size), "step_up_evidence": rounded(quality.stepUp.evidence),
            "rise_mm": rounded(quality.rise.size), "rise_evidence": rounded(quality.rise.evidence),
            "start_deviation_mm": rounded(quality.startDeviation),
            "end_deviation_mm": rounded(quality.endDeviation),
            "drive_ratio": rounded(quality.driveRatio), "stall_evidence": rounded(quality.stallEvidence),
            "frozen_s": rounded(quality.frozenSeconds), "missing_share": rounded(quality.missingShare),
            "outlier_share": rounded(quality.outlierShare), "gap_s": rounded(quality.gapSeconds),
            "temperature_drift_k": rounded(quality.temperatureDrift),
        ]
    }

    /// Which rules fired, with the numbers, and by which model and limits.
    var explanation: JSONValue {
        [
            "rules": .array(
                verdict.findings.map { finding in
                    [
                        "reason": .string(finding.reason.rawValue),
                        "consequence": .string(Self.text(finding.reason.consequence)),
                        "measured": finding.measured.map { rounded($0) } ?? .null,
                        "limit": finding.limit.map { rounded($0) } ?? .null,
                        "sentence": .string(finding.reason.sentence),
                    ]
                }),
            "model": .string(verdict.provenance.modelVersion), "model_sha256": .string(verdict.provenance.modelHash),
            "profile": .string(verdict.provenance.profileVersion),
        ]
    }

    private static func text(_ consequence: ESRReason.Consequence) -> String {
        switch consequence {
        case .noResult: "no-result"
        case .preliminary: "preliminary"
        case .note: "note"
        }
    }

    /// To four decimal places; what no JSON number can be is `null`.
    private func rounded(_ value: Double) -> JSONValue {
        guard value.isFinite, abs(value) < 1e12 else { return .null }
        return .number((value * 1e4).rounded() / 1e4)
    }
}
