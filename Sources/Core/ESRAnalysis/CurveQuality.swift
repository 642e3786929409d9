/// Where a cleaned curve starts, and whether its fall lost its driving force.
struct CurveQuality {
    /// Present samples that make a level.
    private static let levelCountMin = 3
    /// Samples averaged into one level when speeds are compared.
    private static let levelWindow = 13
    /// Slow noise of a level in mm, which averaging does not lessen: the sensor's wander.
    static let wander = 0.05
    /// Minutes over which speeds are compared.
    private static let spans = [5.0, 9.0, 13.0]
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
                    // mm/min a mm of each level; the one between counts in both drives, and with the same sign.
                    let first = Self.driveShareMin / early.factor
                    let last = 1 / late.factor
                    let variance =
                        first * first * levelVariance(before) + (first + last) * (first + last) * levelVariance(change)
                        + last * last * levelVariance(end)
                    let found = (Self.driveShareMin * early.value - late.value) / variance.squareRoot()
                    if found > evidence {
                        evidence = found
                        driveRatio = late.value / early.value
                    }
                }
            }
        }
        return (evidence, driveRatio)
    }

    private typealias Anchor = (index: Int, mean: (level: Double, count: Int))

    private func minutes(_ from: Int, _ to: Int) -> Double {
        Double(to - from) * curve.periodMinutes
    }

    /// Speed between two anchors over the packing factor of the level between them, mm/min, and what the difference of
    /// the levels was divided by.
    private func drive(_ from: Anchor, _ to: Anchor) -> (value: Double, factor: Double) {
        let factor = packingFactor(level: (from.mean.level + to.mean.level) / 2) * minutes(from.index, to.index)
        return ((to.mean.level - from.mean.level) / factor, factor)
    }

    /// Of an anchor's level, mm²: white noise over its samples, and what a minute leaves of a wander that forgets within one.
    private func levelVariance(_ anchor: Anchor) -> Double {
        let span = Double(Self.levelWindow) * curve.periodMinutes
        let kept = 2 * (span - 1 + ElementaryFunctions.exp(-span)) / (span * span)
        return curve.noise * curve.noise / Double(anchor.mean.count) + kept * Self.wander * Self.wander
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
}
