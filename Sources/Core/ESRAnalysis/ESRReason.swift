/// Why a run has no result, why a result is not final, or what a reader of it should know.
///
/// The raw values are stable: they are stored, sent and shown. A code is never given another meaning.
package enum ESRReason: String, Sendable, Hashable, CaseIterable {
    // There is no analysis.

    /// The model's bytes or its answers to known runs are not what they must be; every run then waits for another build.
    case selfTestFailed = "self-test-failed"

    // The input cannot be analysed.

    /// The run could not be read at all.
    case inputMalformed = "input-malformed"
    /// The run holds fewer samples than an analysis can start from; number: samples.
    case tooFewSamples = "too-few-samples"
    /// The run holds more samples than the cap; number: samples.
    case tooManySamples = "too-many-samples"
    /// The sampling period is not finite, not positive or outside of the profile; number: s.
    case periodInvalid = "period-invalid"
    /// A sample, a trace or a scalar is infinite or not a number.
    case valueNotFinite = "value-not-finite"
    /// The profile does not cover this column or dilution; number: mm.
    case geometryUnsupported = "geometry-unsupported"
    /// A level lies outside of the column, or the unit is wrong; number: mm.
    case levelOutOfColumn = "level-out-of-column"
    /// The level rises over the run: the axis is reversed; number: mm.
    case axisReversed = "axis-reversed"
    /// Too large a share of the samples is missing; number: share.
    case samplesMissing = "samples-missing"
    /// Too long a stretch without a sample; number: s.
    case samplesGap = "samples-gap"
    /// Less than five minutes were seen; number: min.
    case runTooShort = "run-too-short"

    // The circumstances forbid a result.

    /// No start event was recorded.
    case startEventMissing = "start-event-missing"
    /// The start is known too badly; number: s.
    case startUncertain = "start-uncertain"
    /// The device's clock failed during the run.
    case clockFault = "clock-fault"
    /// The run, or its cartridge, was analysed before.
    case duplicateRun = "duplicate-run"
    /// The cartridge's lot is past its date.
    case cartridgeExpired = "cartridge-expired"
    /// The cartridge's lot is not known.
    case cartridgeUnknown = "cartridge-unknown"
    /// The blood was too old at the start; number: s.
    case sampleTooOld = "sample-too-old"
    /// The temperature is not known.
    case temperatureMissing = "temperature-missing"
    /// The temperature lies outside of 15 to 30 °C; number: °C.
    case temperatureOutOfRange = "temperature-out-of-range"
    /// The temperature moved too far during the run; number: K.
    case temperatureDrift = "temperature-drift"
    /// The tilt is not known.
    case tiltMissing = "tilt-missing"
    /// The column leaned too far; number: degrees.
    case tiltExcess = "tilt-excess"

    // The curve is not that of undisturbed blood.

    /// The column was not full at the start, or the first level is wrong; number: mm.
    case underfill = "underfill"
    /// The level jumped downwards, as with a bubble; number: standard errors.
    case levelStep = "level-step"
    /// The level jumped upwards, as after a knock; number: standard errors.
    case levelFellBack = "level-fell-back"
    /// The level is too noisy, as with haemolysis; number: mm.
    case noiseExcess = "noise-excess"
    /// The level shows no noise at all: the sensor is frozen, or the unit is not mm; number: mm.
    case noiseDeficient = "noise-deficient"
    /// The fall slowed suddenly or stopped, as with a clot or a frozen sensor; number: standard
    /// errors by which more than a third of the earlier driving force is lost.
    case fallStalled = "fall-stalled"
    /// The level stands still to less than its own noise: the sensor is frozen; number: s.
    case levelFrozen = "level-frozen"
    /// The curve is unlike everything that the model was trained on; number: standard deviations.
    case outsideEnvelope = "outside-envelope"

    // The result is preliminary.

    /// Less than 30 minutes were seen; number: min.
    case before30Minutes = "before-30-minutes"
    /// Half of the interval is wider than a final result allows; number: mm/h.
    case intervalWide = "interval-wide"

    // For the reader's knowledge.

    /// The column leaned a little; number: degrees.
    case tiltMarginal = "tilt-marginal"
    /// The temperature lies outside of the method's 18 to 25 °C; number: °C.
    case temperatureMarginal = "temperature-marginal"
    /// The blood was older than four hours at the start; number: s.
    case sampleAged = "sample-aged"
    /// The value lies above the reportable range of the column; number: mm/h.
    case aboveRange = "above-range"
    /// The value lies below the reportable range of the column; number: mm/h.
    case belowRange = "below-range"

    package enum Consequence: Sendable, Hashable {
        case noResult
        case preliminary
        case note
    }

    /// What the reason alone leads to.
    package var consequence: Consequence {
        switch self {
        case .selfTestFailed, .inputMalformed, .tooFewSamples, .tooManySamples, .periodInvalid, .valueNotFinite,
            .geometryUnsupported,
            .levelOutOfColumn, .axisReversed, .samplesMissing, .samplesGap, .runTooShort,
            .startEventMissing, .startUncertain, .clockFault, .duplicateRun, .cartridgeExpired, .cartridgeUnknown,
            .sampleTooOld, .temperatureMissing, .temperatureOutOfRange, .temperatureDrift, .tiltMissing, .tiltExcess,
            .underfill, .levelStep, .levelFellBack, .noiseExcess, .noiseDeficient, .fallStalled,
            .levelFrozen, .outsideEnvelope:
            .noResult
        case .before30Minutes, .intervalWide:
            .preliminary
        case .tiltMarginal, .temperatureMarginal, .sampleAged, .aboveRange, .belowRange:
            .note
        }
    }
}
