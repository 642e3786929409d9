/// Refuses what cannot or must not be analysed, in three rounds: unreadable input, forbidding circumstances, and
/// curves that are not those of undisturbed blood.
struct InputScreening {
    /// Seconds over which a tilt must last to count.
    private static let tiltSeconds = 30.0

    let profile: ESRProfile

    /// What makes the input unreadable, by scalars first so that hostile lengths cost nothing.
    func unreadableFindings(_ run: SedimentationRun) -> [Finding] {
        var findings: [Finding] = []
        let period = run.periodSeconds
        if !profile.periodRange.contains(period) {  // also when it is not a number
            let limit =
                period < profile.periodRange.lowerBound
                ? profile.periodRange.lowerBound : profile.periodRange.upperBound
            findings.append(Finding(.periodInvalid, measured: period.isFinite ? period : nil, limit: limit))
        }
        let longest = max(run.falls.count, run.temperatureTrace.count, run.tiltTrace.count)
        if longest > profile.sampleCountMax {
            findings.append(
                Finding(.tooManySamples, measured: Double(longest), limit: Double(profile.sampleCountMax)))
            return findings
        }
        if run.falls.isEmpty {
            findings.append(Finding(.tooFewSamples, measured: 0, limit: Double(profile.presentCountMin)))
        }
        if !isFinite(run) {
            findings.append(Finding(.valueNotFinite))
        }
        if !profile.covers(run.geometry) {
            findings.append(
                Finding(
                    .geometryUnsupported,
                    measured: run.geometry.columnLength.isFinite ? run.geometry.columnLength : nil,
                    limit: profile.geometry.columnLength))
        }
        return findings
    }

    /// What forbids a result however good the curve is, and what about the circumstances the reader should know.
    func circumstanceFindings(_ run: SedimentationRun) -> [Finding] {
        var findings: [Finding] = []
        switch run.startEvent {
        case .withinProfile:
            break
        case .uncertain(let seconds) where seconds < 0 || seconds > profile.startUncertaintySecondsMax:
            findings.append(Finding(.startUncertain, measured: seconds, limit: profile.startUncertaintySecondsMax))
        case .uncertain:
            break
        case .missing:
            findings.append(Finding(.startEventMissing))
        }
        if run.hasClockFault {
            findings.append(Finding(.clockFault))
        }
        if run.isDuplicate {
            findings.append(Finding(.duplicateRun))
        }
        switch run.cartridgeLot {
        case .valid: break
        case .expired: findings.append(Finding(.cartridgeExpired))
        case .unknown: findings.append(Finding(.cartridgeUnknown))
        }
        if let age = run.sampleAgeSeconds {
            if age > profile.sampleAgeSecondsMax {
                findings.append(Finding(.sampleTooOld, measured: age, limit: profile.sampleAgeSecondsMax))
            } else if age > profile.sampleAgeSecondsMarginal {
                findings.append(Finding(.sampleAged, measured: age, limit: profile.sampleAgeSecondsMarginal))
            }
        }
        return findings + temperatureFindings(run) + tiltFindings(run)
    }

    /// What keeps a readable curve from being long or dense enough.
    func countFindings(_ falls: ArraySlice<Double?>, minutes: Double, periodSeconds: Double) -> [Finding] {
        var findings: [Finding] = []
        if minutes + periodSeconds / 60 < profile.minutesMin {
            findings.append(Finding(.runTooShort, measured: minutes, limit: profile.minutesMin))
        }
        let present = falls.count { $0 != nil }
        if present < profile.presentCountMin {
            findings.append(
                Finding(.tooFewSamples, measured: Double(present), limit: Double(profile.presentCountMin)))
        }
        return findings
    }

    /// What is wrong with the curve itself.
    func curveFindings(
        _ measured: QualityMeasurements, levels: [Double], levelRange: ClosedRange<Double>, minutes: Double
    ) -> [Finding] {
        var findings: [Finding] = []
        func refuse(_ reason: ESRReason, _ value: Double, above limit: Double) {
            if value > limit {
                findings.append(Finding(reason, measured: value, limit: limit))
            }
        }
        if levelRange.lowerBound < profile.levelRange.lowerBound {
            findings.append(
                Finding(
                    .levelOutOfColumn, measured: levelRange.lowerBound, limit: profile.levelRange.lowerBound))
        }
        refuse(.levelOutOfColumn, levelRange.upperBound, above: profile.levelRange.upperBound)
        if let first = levels.first, let last = levels.last {
            refuse(.axisReversed, first - last, above: profile.netRiseMax)
        }
        refuse(.samplesMissing, measured.missingShare + measured.outlierShare, above: profile.missingShareMax)
        refuse(.samplesGap, measured.gapSeconds, above: profile.gapSecondsMax)
        refuse(.underfill, abs(measured.startLevel), above: profile.startLevelMax)
        if measured.stepDown.size > profile.stepDownSizeMin {
            refuse(.levelStep, measured.stepDown.evidence, above: profile.stepDownEvidenceMax)
        }
        if measured.stepUp.size > profile.stepUpSizeMin {
            refuse(.levelFellBack, measured.stepUp.evidence, above: profile.stepUpEvidenceMax)
        }
        refuse(.levelFellBack, measured.rise.evidence, above: profile.riseEvidenceMax)
        if abs(measured.startDeviation) > profile.endDeviationMax {
            refuse(
                measured.startDeviation < 0 ? .levelStep : .levelFellBack, abs(measured.startLevel),
                above: profile.loneStartLevelMax)
        }
        if abs(measured.endDeviation) > profile.endDeviationMax,
            abs(measured.endDeviation) <= profile.endDeviationOutlier
        {
            findings.append(
                Finding(
                    measured.endDeviation > 0 ? .levelStep : .levelFellBack,
                    measured: abs(measured.endDeviation) / max(measured.noise, profile.noiseMin),
                    limit: profile.endDeviationMax / max(measured.noise, profile.noiseMin)))
        }
        refuse(.noiseExcess, measured.noise, above: profile.noiseMax)
        refuse(.fallStalled, measured.stallEvidence, above: profile.stallEvidenceMax(minutes: minutes))
        refuse(.levelFrozen, measured.frozenSeconds, above: profile.frozenSecondsMax)
        if measured.noise < profile.noiseMin {
            findings.append(Finding(.noiseDeficient, measured: measured.noise, limit: profile.noiseMin))
        }
        return findings
    }

    /// Largest difference within the temperature trace in K; 0 without a trace.
    func temperatureDrift(_ run: SedimentationRun) -> Double {
        guard let lowest = run.temperatureTrace.min(), let highest = run.temperatureTrace.max() else { return 0 }
        return highest - lowest
    }

    private func temperatureFindings(_ run: SedimentationRun) -> [Finding] {
        guard let mean = run.meanTemperature else { return [Finding(.temperatureMissing)] }
        var findings: [Finding] = []
        let range = profile.temperatureRange
        if let outside = (run.temperatureTrace + [mean]).first(where: { !range.contains($0) }) {
            findings.append(
                Finding(
                    .temperatureOutOfRange, measured: outside,
                    limit: outside < range.lowerBound ? range.lowerBound : range.upperBound))
        } else if !profile.temperatureReference.contains(mean) {
            let reference = profile.temperatureReference
            findings.append(
                Finding(
                    .temperatureMarginal, measured: mean,
                    limit: mean < reference.lowerBound ? reference.lowerBound : reference.upperBound))
        }
        let drift = temperatureDrift(run)
        if drift > profile.temperatureDriftMax {
            findings.append(Finding(.temperatureDrift, measured: drift, limit: profile.temperatureDriftMax))
        }
        return findings
    }

    private func tiltFindings(_ run: SedimentationRun) -> [Finding] {
        guard let mean = run.meanTilt else { return [Finding(.tiltMissing)] }
        let worst = max(abs(mean), sustainedTilt(run))
        if worst > profile.tiltMax {
            return [Finding(.tiltExcess, measured: worst, limit: profile.tiltMax)]
        }
        return worst > profile.tiltMarginal
            ? [Finding(.tiltMarginal, measured: worst, limit: profile.tiltMarginal)] : []
    }

    /// Largest mean tilt in degrees over any 30 s of the trace; 0 without a trace.
    private func sustainedTilt(_ run: SedimentationRun) -> Double {
        let trace = run.tiltTrace
        guard !trace.isEmpty else { return 0 }
        let seconds = Double(max(run.falls.count - 1, 1)) * run.periodSeconds / Double(trace.count)
        let width = min(max(Int((Self.tiltSeconds / seconds).rounded(.up)), 1), trace.count)
        var sum = 0.0
        var largest = 0.0
        for index in trace.indices {
            sum += abs(trace[index])
            if index >= width {
                sum -= abs(trace[index - width])
            }
            if index >= width - 1 {
                largest = max(largest, sum / Double(width))
            }
        }
        return largest
    }

    private func isFinite(_ run: SedimentationRun) -> Bool {
        var scalars = [run.temperature, run.tilt, run.sampleAgeSeconds].compactMap { $0 }
        if case .uncertain(let seconds) = run.startEvent {
            scalars.append(seconds)
        }
        return scalars.allSatisfy(\.isFinite) && run.temperatureTrace.allSatisfy(\.isFinite)
            && run.tiltTrace.allSatisfy(\.isFinite) && run.falls.allSatisfy { $0?.isFinite ?? true }
    }
}
