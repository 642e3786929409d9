/// Looks on a cleaned curve for sudden changes of the level: a bubble moves it either way, a knock lets it fall back.
///
/// Three looks, each where it sees best: lines before and behind a place that do not meet; the first and the last samples
/// against a line through the others, where there are too few for a line of their own; and mean levels that rise, which
/// settling blood never does, however slow it is.
struct StepSearch {
    /// Samples on either side of a suspected step: few find steps in fast falls, many find small ones in slow falls.
    private static let lineWindows = [8, 16]
    /// A bend within a window looks like a step of up to this share of the window times the change of slope.
    private static let bendShare = 0.1
    /// Present samples that a line may be laid through.
    private static let lineCountMin = 2
    /// Samples at an end that are held against a line through the others.
    private static let endCounts = 1...3
    /// Present samples of that line, at least and at most.
    private static let longCounts = 8...16
    /// Share of the fall over a distance by which the curve may bend away from a line: what starts from rest bends by half.
    private static let startBendShare = 0.25
    /// The same at the end, where the fall is under way.
    private static let endBendShare = 0.12
    /// Samples in the mean levels that are compared, and what the length adds to the evidence of a rise: long windows have
    /// fewer places to look at, and hold more of the fall that a rise must make up for. 0.7 for each doubling.
    private static let meanWindows: [(count: Int, credit: Double)] = [
        (6, 0), (9, 0.41), (12, 0.7), (18, 1.11), (24, 1.4),
    ]
    /// Noise in mm that steps are held against at least.
    private static let noiseFloor = 0.06

    let curve: CleanedCurve

    /// The most evident steps down and up.
    func steps() -> (down: QualityMeasurements.Step, up: QualityMeasurements.Step) {
        var found = Found()
        searchLines(&found)
        searchEnd(Array(curve.presentIndices.prefix(Self.longCounts.upperBound + Self.endCounts.upperBound)), &found)
        searchEnd(
            curve.presentIndices.suffix(Self.longCounts.upperBound + Self.endCounts.upperBound).reversed(), &found)
        return (found.down, found.up)
    }

    /// The most evident rise from one mean level to the next.
    func rise() -> QualityMeasurements.Step {
        var rise = QualityMeasurements.Step.none
        let sums = RunningSums(curve.levels)
        for (window, credit) in Self.meanWindows where 2 * window <= curve.levels.count {
            let drift = Self.wanderShare(minutes: Double(window) * curve.periodMinutes)
            for boundary in window...(curve.levels.count - window) {
                let before = sums.mean((boundary - window)..<boundary)
                let after = sums.mean(boundary..<(boundary + window))
                guard before.count * 2 >= window, after.count * 2 >= window else { continue }
                let size = before.level - after.level
                guard size > 0 else { continue }
                let white = whiteVariance * (1 / Double(before.count) + 1 / Double(after.count))
                let evidence = size / (white + drift * Self.wanderVariance).squareRoot() + credit
                if evidence > rise.evidence {
                    rise = QualityMeasurements.Step(size: size, evidence: evidence)
                }
            }
        }
        return rise
    }

    /// By how many mm the last present sample, as it was measured, lies below a line through those before it.
    func endDeviation() -> Double {
        guard let last = curve.lastMeasured else { return 0 }
        let others = curve.presentIndices.suffix(Self.longCounts.upperBound + 1).filter { $0 < last.index }
        return deviation(of: last, from: others.suffix(Self.longCounts.upperBound))
    }

    /// The same of the first present sample and those behind it.
    func startDeviation() -> Double {
        guard let first = curve.firstMeasured else { return 0 }
        let others = curve.presentIndices.prefix(Self.longCounts.upperBound + 1).filter { $0 > first.index }
        return deviation(of: first, from: others.prefix(Self.longCounts.upperBound))
    }

    private func deviation(of sample: (index: Int, level: Double), from others: ArraySlice<Int>) -> Double {
        guard let line = line(others, at: Double(sample.index)) else { return 0 }
        return sample.level - line.value
    }

    private static let wanderVariance = CurveQuality.wander * CurveQuality.wander

    private var whiteVariance: Double {
        let noise = max(curve.noise, Self.noiseFloor)
        return noise * noise
    }

    /// Variance of one sample, its slow noise included.
    private var variance: Double { whiteVariance + Self.wanderVariance }

    private struct Found {
        var down = QualityMeasurements.Step.none
        var up = QualityMeasurements.Step.none

        mutating func note(size: Double, variance: Double) {
            let evidence = abs(size) / variance.squareRoot()
            if size > 0, evidence > down.evidence {
                down = QualityMeasurements.Step(size: size, evidence: evidence)
            } else if size < 0, evidence > up.evidence {
                up = QualityMeasurements.Step(size: -size, evidence: evidence)
            }
        }
    }

    private func searchLines(_ found: inout Found) {
        for window in Self.lineWindows {
            for boundary in curve.levels.indices.dropFirst(Self.lineCountMin) {
                let middle = Double(boundary) - 0.5
                guard
                    let before = line((boundary - window)..<boundary, at: middle),
                    let after = line(boundary..<(boundary + window), at: middle)
                else { continue }
                let bend = Self.bendShare * Double(window) * (after.slope - before.slope)
                found.note(
                    size: after.value - before.value,
                    variance: variance * (before.leverage + after.leverage) + bend * bend)
            }
        }
    }

    /// - Parameter indices: present samples from one end inwards.
    private func searchEnd(_ indices: [Int], _ found: inout Found) {
        for count in Self.endCounts {
            let long = indices.dropFirst(count).prefix(Self.longCounts.upperBound)
            guard long.count >= Self.longCounts.lowerBound, let first = indices.first, let inner = long.last else {
                return
            }
            let short = indices.prefix(count)
            let position = Double(short.reduce(0, +)) / Double(count)
            guard let line = line(long, at: position) else { return }
            let level = short.reduce(0) { $0 + curve.levels[$1] } / Double(count)
            let centre = Double(long.reduce(0, +)) / Double(long.count)
            let isStart = first < inner
            let share = isStart ? Self.startBendShare : Self.endBendShare
            let bend = share * line.slope * (position - centre)
            // Behind the step lies the end with the higher indices.
            let size = isStart ? line.value - level : level - line.value
            found.note(size: size, variance: variance * (line.leverage + 1 / Double(count)) + bend * bend)
        }
    }

    private struct Line {
        /// mm, at the position that was asked for
        var value: Double
        /// mm a sample
        var slope: Double
        /// Variance of `value` in units of one sample's.
        var leverage: Double
    }

    /// The least-squares line through the present samples among `indices`; `nil` if there are too few.
    private func line(_ indices: some Sequence<Int>, at position: Double) -> Line? {
        var count = 0.0
        var sumX = 0.0
        var sumY = 0.0
        var sumXX = 0.0
        var sumXY = 0.0
        for index in indices where curve.levels.indices.contains(index) && !curve.levels[index].isNaN {
            let x = Double(index) - position
            let y = curve.levels[index]
            count += 1
            sumX += x
            sumY += y
            sumXX += x * x
            sumXY += x * y
        }
        guard count >= Double(Self.lineCountMin) else { return nil }
        let determinant = count * sumXX - sumX * sumX
        return Line(
            value: (sumY * sumXX - sumX * sumXY) / determinant, slope: (count * sumXY - sumX * sumY) / determinant,
            leverage: sumXX / determinant)
    }

    /// Variance of the difference of two neighbouring means of `minutes` each of a wander of variance 1 that forgets
    /// within a minute (an Ornstein-Uhlenbeck process).
    private static func wanderShare(minutes: Double) -> Double {
        let gone = 1 - ElementaryFunctions.exp(-minutes)
        let own = 2 * (minutes - gone) / (minutes * minutes)
        let shared = gone * gone / (minutes * minutes)
        return 2 * (own - shared)
    }
}
