/// Holds a new result against the person's own earlier ones: esr.md's rules for a personal baseline.
///
/// It never changes a value and never makes one; it says "as usual", "unusual" or why it cannot say.
package struct PersonalTrend: Sendable, Hashable {
    /// One result of the person.
    package struct Entry: Sendable, Hashable {
        /// mm/h
        package var value: Double
        package var interval90: ClosedRange<Double>
        /// Days since any fixed day, by the hub's clock.
        package var day: Int
        package var isFinal: Bool
        /// What the value depends on beside the blood: results of different instruments are not compared.
        package var instrument: Instrument

        package init(
            value: Double, interval90: ClosedRange<Double>, day: Int, isFinal: Bool, instrument: Instrument
        ) {
            self.value = value
            self.interval90 = interval90
            self.day = day
            self.isFinal = isFinal
            self.instrument = instrument
        }
    }

    /// A change of any of these is a discontinuity.
    package struct Instrument: Sendable, Hashable {
        package var device: String
        package var cartridgeLot: String
        package var algorithm: String
        package var model: String
        package var profile: String

        package init(device: String, cartridgeLot: String, algorithm: String, model: String, profile: String) {
            self.device = device
            self.cartridgeLot = cartridgeLot
            self.algorithm = algorithm
            self.model = model
            self.profile = profile
        }
    }

    /// Why there is nothing to hold a result against.
    package enum Absence: String, Sendable, Hashable {
        /// The result is not final, or not finite.
        case notComparable = "not-comparable"
        /// Fewer than four final results since the last discontinuity.
        case tooFewResults = "too-few-results"
        /// They lie in fewer than three weeks.
        case tooFewWeeks = "too-few-weeks"
        /// Result and baseline are below 10 mm/h, where instruments repeat themselves to a third only.
        case tooLow = "too-low"
    }

    package enum Level: String, Sendable, Hashable {
        case usual
        /// |z| > 2: for information.
        case noticeable
        /// |z| > 3, at least doubled or halved, and 5 mm/h away: repeat the measurement.
        case repeatAdvised = "repeat-advised"
    }

    package enum Assessment: Sendable, Hashable {
        case none(Absence)
        /// - Parameters:
        ///   - baseline: the median of what was compared with, mm/h
        ///   - z: in standard deviations of ln(ESR + 1), positive above the baseline
        case compared(level: Level, baseline: Double, z: Double, resultCount: Int)
    }

    /// What came of a result, and whether the series breaks before it.
    package struct Outcome: Sendable, Hashable {
        package var assessment: Assessment
        /// The first result of another device, cartridge lot, algorithm, model or profile than the one before.
        package var isDiscontinuity: Bool

        package init(assessment: Assessment, isDiscontinuity: Bool) {
            self.assessment = assessment
            self.isDiscontinuity = isDiscontinuity
        }
    }

    package static let baselineCountMax = 10
    package static let baselineCountMin = 4
    package static let weekCountMin = 3
    /// Entries of the past that are looked at; older ones are not.
    package static let historyCountMax = 1_000
    private static let scaleMin = 0.26236426446749106  // ln 1.3
    private static let lowMax = 10.0
    private static let differenceMin = 5.0

    /// - Parameter history: the person's earlier results, oldest first.
    package static func outcome(of entry: Entry, after history: [Entry]) -> Outcome {
        let recent = history.suffix(historyCountMax)
        let isDiscontinuity = recent.last.map { $0.instrument != entry.instrument } ?? false
        func none(_ absence: Absence) -> Outcome {
            Outcome(assessment: .none(absence), isDiscontinuity: isDiscontinuity)
        }
        guard entry.isFinal, entry.isSound else { return none(.notComparable) }
        // Only what follows the last discontinuity, whatever stood before it.
        let start = (recent.lastIndex { $0.instrument != entry.instrument } ?? recent.startIndex - 1) + 1
        let comparable = recent[start...].filter { $0.isFinal && $0.isSound }.suffix(baselineCountMax)
        guard comparable.count >= baselineCountMin else { return none(.tooFewResults) }
        guard Set(comparable.map { $0.week }).count >= weekCountMin else { return none(.tooFewWeeks) }
        let logs = comparable.map { ElementaryFunctions.log($0.value + 1) }
        let middle = median(logs)
        let baseline = ElementaryFunctions.exp(middle) - 1
        guard max(entry.value, baseline) >= lowMax else { return none(.tooLow) }
        let spread = max(1.4826 * median(logs.map { abs($0 - middle) }), scaleMin)
        let own = entry.logSpread
        let typical = median(comparable.map(\.logSpread))
        let z =
            (ElementaryFunctions.log(entry.value + 1) - middle)
            / (spread * spread + own * own + typical * typical / Double(comparable.count)).squareRoot()
        let ratio = (entry.value + 1) / (baseline + 1)
        let isLarge = max(ratio, 1 / ratio) >= 2 && abs(entry.value - baseline) >= differenceMin
        let level: Level = abs(z) > 3 && isLarge ? .repeatAdvised : abs(z) > 2 ? .noticeable : .usual
        return Outcome(
            assessment: .compared(level: level, baseline: baseline, z: z, resultCount: comparable.count),
            isDiscontinuity: isDiscontinuity)
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

extension PersonalTrend.Entry {
    fileprivate var isSound: Bool {
        value.isFinite && value >= 0 && interval90.lowerBound.isFinite && interval90.upperBound.isFinite
            && interval90.lowerBound >= 0
    }

    /// Weeks since the fixed day, rounded down.
    fileprivate var week: Int { day >= 0 ? day / 7 : -1 - (-1 - day) / 7 }

    /// One standard deviation of ln(ESR + 1) by the result's own interval.
    fileprivate var logSpread: Double {
        let width =
            ElementaryFunctions.log(interval90.upperBound + 1) - ElementaryFunctions.log(interval90.lowerBound + 1)
        return width / 2 / 1.6448536269514722
    }
}
