/// Turns a sedimentation run into a verdict: same run and same build, same verdict to the bit.
///
/// Pure: no clock, no chance, no state. Usable on a run that is still going, from its fifth minute on.
/// The model is trained on synthetic runs only, so no verdict is fit for a clinical decision yet.
package struct ESRAnalyzer: Sendable {
    package static let algorithm = "corhub.esr"
    package static let version = "0.4.0"

    package let profile: ESRProfile
    /// `nil` when the built-in model is unsound: then there is no result, and the reason says why.
    package let model: ESRModel?

    package init(profile: ESRProfile = .short60, model: ESRModel? = .builtIn) {
        self.profile = profile
        self.model = model?.artefact.profile == profile.version ? model : nil
    }

    /// The same limits without a model: every verdict is then `self-test-failed`.
    package var withoutModel: ESRAnalyzer { ESRAnalyzer(profile: profile, model: nil) }

    package var provenance: Provenance {
        Provenance(
            algorithm: Self.algorithm, version: Self.version, profileVersion: profile.version,
            modelVersion: model?.artefact.version ?? "none", modelHash: model?.artefact.sha256 ?? "")
    }

    /// Every constant that shapes a verdict, as text. Its SHA-256 is the model hash of a result; the weights are in it
    /// by their own digest, which is part of the model's version.
    package var canonicalDescription: String {
        "algorithm \(Self.algorithm) \(Self.version)\nmodel \(provenance.modelVersion) \(provenance.modelHash)\n"
            + profile.canonicalDescription
    }

    /// The verdict on what the run holds within its first `minutes` (all of it when `nil`). Never traps.
    package func verdict(on run: SedimentationRun, minutes: Double? = nil) -> ESRVerdict {
        guard let model else {
            return refusal([Finding(.selfTestFailed)], minutes: 0, backfilled: run.isBackfilled)
        }
        let screening = InputScreening(profile: profile)
        let unreadable = screening.unreadableFindings(run)
        let limit = min(minutes ?? profile.minutesMax, profile.minutesMax)
        guard unreadable.isEmpty, limit.isFinite else {
            return refusal(
                unreadable.isEmpty ? [Finding(.runTooShort)] : unreadable, minutes: 0, backfilled: run.isBackfilled)
        }
        // A sample that lies on the limit belongs to it, whatever the division rounds to.
        let wanted = Int((max(limit, 0) * 60 / run.periodSeconds + 1e-9).rounded(.down)) + 1
        let falls = run.falls.prefix(wanted)
        let seen = Double(falls.count - 1) * run.periodSeconds / 60
        var findings = screening.circumstanceFindings(run)
        let tooFew = screening.countFindings(falls, minutes: seen, periodSeconds: run.periodSeconds)
        guard tooFew.isEmpty else {
            return refusal(tooFew + findings, minutes: seen, backfilled: run.isBackfilled)
        }

        let curve = CleanedCurve(falls: falls, periodSeconds: run.periodSeconds)
        let levels = curve.partLevels()
        let measurements = measurements(of: curve, drift: screening.temperatureDrift(run))
        findings += screening.curveFindings(measurements, levels: levels, levelRange: curve.range, minutes: seen)

        var estimate: ESRVerdict.Estimate?
        // Only a curve within its limits is shown to the model: what comes out is finite then.
        if !Self.forbidsResult(findings), let temperature = run.meanTemperature, let tilt = run.meanTilt {
            let inputs = ModelInputs(
                curve: curve, levels: levels, temperature: temperature, tilt: tilt,
                startUncertaintySeconds: run.startEvent.uncertainty(in: profile))
            let prediction = model.prediction(inputs.values, minutes: seen)
            if prediction.envelopeExcess > profile.envelopeMarginMax {
                findings.append(
                    Finding(
                        .outsideEnvelope, measured: prediction.envelopeExcess, limit: profile.envelopeMarginMax))
            } else if prediction.distance > 1 {
                findings.append(Finding(.outsideEnvelope, measured: prediction.distance, limit: 1))
            } else {
                let report = report(prediction, minutes: seen, periodSeconds: run.periodSeconds)
                estimate = report.estimate
                findings += report.findings
            }
        }
        return ESRVerdict(
            status: status(estimate: estimate, findings: findings), estimate: estimate,
            findings: Self.ordered(findings), minutes: seen, measurements: measurements,
            features: KineticFeatures(levels: levels, minutes: seen), isBackfilled: run.isBackfilled,
            provenance: provenance)
    }

    /// A verdict without a number, for input that could not even be read.
    package func refusal(_ reason: ESRReason) -> ESRVerdict {
        refusal([Finding(reason)], minutes: 0, backfilled: false)
    }

    private func refusal(_ findings: [Finding], minutes: Double, backfilled: Bool) -> ESRVerdict {
        ESRVerdict(
            status: .noResult, estimate: nil, findings: Self.ordered(findings), minutes: minutes, measurements: nil,
            features: nil, isBackfilled: backfilled, provenance: provenance)
    }

    private func measurements(of curve: CleanedCurve, drift: Double) -> QualityMeasurements {
        let quality = CurveQuality(curve: curve, profile: profile)
        let search = StepSearch(curve: curve)
        let steps = search.steps()
        let stall = quality.stall()
        let count = Double(curve.levels.count)
        return QualityMeasurements(
            noise: curve.noise, frozenSeconds: Double(curve.frozenCount) * curve.periodMinutes * 60,
            startLevel: quality.startLevel(), stepDown: steps.down, stepUp: steps.up,
            rise: search.rise(), startDeviation: search.startDeviation(), endDeviation: search.endDeviation(),
            driveRatio: stall.driveRatio, stallEvidence: stall.evidence,
            missingShare: Double(curve.missingCount) / count,
            gapSeconds: Double(curve.gapCount) * curve.periodMinutes * 60,
            outlierShare: Double(curve.outlierCount) / count, temperatureDrift: drift)
    }

    /// The estimate within the reportable range, and what keeps it from being final.
    private func report(
        _ prediction: ESRModel.Prediction, minutes: Double, periodSeconds: Double
    ) -> (estimate: ESRVerdict.Estimate, findings: [Finding]) {
        var findings: [Finding] = []
        if minutes + periodSeconds / 60 < profile.minutesFinal {
            findings.append(Finding(.before30Minutes, measured: minutes, limit: profile.minutesFinal))
        }
        let interval = prediction.interval90
        let halfWidth = (interval.upperBound - interval.lowerBound) / 2
        let halfWidthMax = max(profile.halfWidthMax, profile.halfWidthShareMax * prediction.value)
        if halfWidth > halfWidthMax {
            findings.append(Finding(.intervalWide, measured: halfWidth, limit: halfWidthMax))
        }
        let range = profile.reportableRange
        var estimate = ESRVerdict.Estimate(value: prediction.value, comparator: nil, interval90: interval)
        if prediction.value > range.upperBound {
            findings.append(Finding(.aboveRange, measured: prediction.value, limit: range.upperBound))
            estimate.value = range.upperBound
            estimate.comparator = .above
        } else if prediction.value < range.lowerBound {
            findings.append(Finding(.belowRange, measured: prediction.value, limit: range.lowerBound))
            estimate.value = range.lowerBound
            estimate.comparator = .below
        }
        // The interval always holds the value that is shown.
        let shown = estimate.value
        estimate.interval90 = min(interval.lowerBound, shown)...max(interval.upperBound, shown)
        return (estimate, findings)
    }

    private func status(estimate: ESRVerdict.Estimate?, findings: [Finding]) -> ESRVerdict.Status {
        guard estimate != nil else { return .noResult }
        return findings.contains { $0.reason.consequence == .preliminary } ? .preliminary : .final
    }

    private static func forbidsResult(_ findings: [Finding]) -> Bool {
        findings.contains { $0.reason.consequence == .noResult }
    }

    private static func ordered(_ findings: [Finding]) -> [Finding] {
        ESRReason.allCases.flatMap { reason in findings.filter { $0.reason == reason } }
    }
}
