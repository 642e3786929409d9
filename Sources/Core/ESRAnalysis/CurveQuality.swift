/// Looks on a cleaned curve for what undisturbed blood does not do.
struct CurveQuality {
    /// Samples on either side of a suspected step: few find steps in fast falls, many find small ones in slow falls.
    private static let stepWindows = [8, 16]
    /// A bend within a window looks like a step of up to this share of the window times the change of slope.
    private static let bendShare = 0.1
    /// Noise in mm that steps are held against at least.
    private static let noiseFloor = 0.06
    /// Present samples that a line may be laid through.
    private static let lineCountMin = 2
    /// Present samples that make a level.
    private static let levelCountMin = 3
    /// Samples averaged into one level when speeds are compared.
    private static let levelWindow = 13
    /// Slow noise of a level in mm, which averaging does not lessen: the sensor's wander.
    private static let wander = 0.05
    /// Minutes over which speeds are compared.
    private static let spans = [4.0, 8.0, 12.0]
    /// Share of the earlier driving force that undisturbed blood keeps.
    private static let driveShareMin = 0.65
    /// Volume fraction of densely packed cells.
    private static let packedFraction = 0.86

    let curve: CleanedCurve
    let profile: ESRProfile

    /// Level at the start event in mm: the median of the first five samples that are present, not their line, because
    /// in so short a time blood hardly moves.
    func startLevel() -> Double {
        let first = curve.levels.lazy.filter { !$0.isNaN }.prefix(5).sorted()
        return first.isEmpty ? 0 : first[first.count / 2]
    }

    /// The most evident sudden steps down and up: where lines through the samples before and after do not meet.
    func steps() -> (down: QualityMeasurements.Step, up: QualityMeasurements.Step) {
        var down = QualityMeasurements.Step.none
        var up = QualityMeasurements.Step.none
        let noise =
            (max(curve.noise, Self.noiseFloor) * max(curve.noise, Self.noiseFloor)
            + Self.wander * Self.wander).squareRoot()
        for window in Self.stepWindows {
            for boundary in curve.levels.indices.dropFirst(Self.lineCountMin) {
                let middle = Double(boundary) - 0.5
                guard
                    let before = line(in: (boundary - window)..<boundary, at: middle),
                    let after = line(in: boundary..<(boundary + window), at: middle)
                else { continue }
                let size = after.value - before.value
                let bend = Self.bendShare * Double(window) * (after.slope - before.slope)
                let variance = noise * noise * (before.leverage + after.leverage) + bend * bend
                let evidence = abs(size) / variance.squareRoot()
                if size > 0, evidence > down.evidence {
                    down = QualityMeasurements.Step(size: size, evidence: evidence)
                } else if size < 0, evidence > up.evidence {
                    up = QualityMeasurements.Step(size: -size, evidence: evidence)
                }
            }
        }
        return (down, up)
    }

    /// The strongest sign that the fall lost its driving force for good, in standard errors, and the share it kept.
    ///
    /// The speed of collapsing gel follows the driving force, which only grows while the network breaks up, times a
    /// factor of the cells' volume fraction, which is known well enough until packing begins. So the speed over that
    /// factor must not drop by a third.
    func stall() -> (evidence: Double, driveRatio: Double) {
        var evidence = 0.0
        var driveRatio = 1.0
        let half = Self.levelWindow / 2
        let stride = max(Int((0.5 / curve.periodMinutes).rounded()), 1)
        let anchors = Swift.stride(from: half, through: curve.last - half, by: stride).map { index in
            (index: index, mean: curve.mean((index - half)..<(index + half + 1)))
        }.filter { $0.mean.count >= Self.levelCountMin }
        for (position, change) in anchors.enumerated() {
            for span in Self.spans {
                guard let before = anchors[..<position].last(where: { minutes($0.index, change.index) >= span })
                else { break }
                guard change.mean.level - before.mean.level > 0 else { continue }
                for later in Self.spans + [.infinity] {
                    let end =
                        later.isInfinite
                        ? anchors.last : anchors[position...].first { minutes(change.index, $0.index) >= later }
                    guard let end, end.index > change.index, end.mean.level <= profile.stallFallMax else { continue }
                    let early = drive(before, change)
                    let late = drive(change, end)
                    let error = (Self.driveShareMin * Self.driveShareMin * early.variance + late.variance).squareRoot()
                    let found = (Self.driveShareMin * early.value - late.value) / error
                    if found > evidence {
                        evidence = found
                        driveRatio = late.value / early.value
                    }
                }
            }
        }
        return (evidence, driveRatio)
    }

    private struct Line {
        /// mm, at the position that was asked for
        var value: Double
        /// mm a sample
        var slope: Double
        /// Variance of `value` in units of one sample's.
        var leverage: Double
    }

    private typealias Anchor = (index: Int, mean: (level: Double, count: Int))

    private func minutes(_ from: Int, _ to: Int) -> Double {
        Double(to - from) * curve.periodMinutes
    }

    /// Speed between two anchors over the packing factor of the level between them, mm/min, with its variance.
    private func drive(_ from: Anchor, _ to: Anchor) -> (value: Double, variance: Double) {
        let factor = packingFactor(level: (from.mean.level + to.mean.level) / 2) * minutes(from.index, to.index)
        let white = curve.noise * curve.noise * (1 / Double(from.mean.count) + 1 / Double(to.mean.count))
        return (
            (to.mean.level - from.mean.level) / factor,
            (white + 2 * Self.wander * Self.wander) / (factor * factor)
        )
    }

    /// (φm − φ)³ / (φ (1 − φ)) at this level, relative to the full column.
    private func packingFactor(level: Double) -> Double {
        let column = profile.geometry.columnLength
        func law(_ fraction: Double) -> Double {
            let free = Self.packedFraction - fraction
            return free * free * free / (fraction * (1 - fraction))
        }
        let fraction = profile.stallCellFraction * column / (column - min(max(level, 0), profile.stallFallMax))
        return law(min(fraction, Self.packedFraction - 0.05)) / law(profile.stallCellFraction)
    }

    /// The least-squares line through the samples in `range`; `nil` if there are too few.
    private func line(in range: Range<Int>, at position: Double) -> Line? {
        var count = 0.0
        var sumX = 0.0
        var sumY = 0.0
        var sumXX = 0.0
        var sumXY = 0.0
        for index in range.clamped(to: curve.levels.indices) where !curve.levels[index].isNaN {
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
}
