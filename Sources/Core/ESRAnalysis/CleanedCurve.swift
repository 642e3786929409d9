/// The curve without its outliers, and its noise: what quality control and the model look at.
///
/// models/esr/features.py does the same in training; the two must stay the same.
struct CleanedCurve {
    /// Mean levels that the model sees.
    static let partCount = ModelInputs.partCount
    /// Samples on either side that a sample is compared with.
    private static let neighbourCount = 2
    /// A sample this far from its neighbours' median is an outlier, whatever the noise: mm.
    private static let outlierFloor = 0.6
    /// The same in standard deviations of the noise.
    private static let outlierNoiseFactor = 6.0

    /// Two neighbours of undisturbed blood are this near each other in two of five cases.
    private static let frozenNoiseShare = 0.55

    let periodMinutes: Double
    /// Level in mm at each sample; `nan` where it is missing or an outlier.
    let levels: [Double]
    /// White noise of the level, one standard deviation in mm.
    let noise: Double
    let missingCount: Int
    let outlierCount: Int
    /// The first present sample as it was measured, also where it was set aside as an outlier.
    let firstMeasured: (index: Int, level: Double)?
    /// The last present sample as it was measured, also where it was set aside as an outlier: nothing after it tells
    /// whether it is one, or the first sample behind a step.
    let lastMeasured: (index: Int, level: Double)?
    /// Longest distance between two present samples, or one and an end, in samples.
    let gapCount: Int

    /// Most present samples in a row that each lie within this share of the noise of the one before.
    var frozenCount: Int {
        var longest = 0
        var current = 0
        var previous = Double.nan
        for level in levels where !level.isNaN {
            current = abs(level - previous) <= Self.frozenNoiseShare * noise ? current + 1 : 0
            longest = max(longest, current)
            previous = level
        }
        return longest
    }

    /// Samples that are present and no outliers.
    var presentIndices: [Int] { levels.indices.filter { !levels[$0].isNaN } }

    /// Index of the last sample.
    var last: Int { levels.count - 1 }
    /// Minute of the last sample.
    var minutes: Double { Double(last) * periodMinutes }

    /// Lowest and highest level in mm; 0 to 0 without a sample.
    var range: ClosedRange<Double> {
        let present = levels.lazy.filter { !$0.isNaN }
        guard let lowest = present.min(), let highest = present.max() else { return 0...0 }
        return lowest...highest
    }

    /// - Parameter falls: at least three samples, all present ones finite.
    init(falls: ArraySlice<Double?>, periodSeconds: Double) {
        let raw = falls.map { $0 ?? .nan }
        let noise = Self.noise(of: raw)
        let threshold = max(Self.outlierFloor, Self.outlierNoiseFactor * noise)
        var levels = raw
        var outlierCount = 0
        var window: [Double] = []
        for index in raw.indices where !raw[index].isNaN {
            window.removeAll(keepingCapacity: true)
            let first = max(index - Self.neighbourCount, 0)
            let end = min(index + Self.neighbourCount, raw.count - 1)
            for neighbour in first...end where !raw[neighbour].isNaN {
                window.append(raw[neighbour])
            }
            let deviation = raw[index] - Self.median(&window)
            if abs(deviation) > threshold {
                levels[index] = .nan
                outlierCount += 1
            }
        }
        for index in Self.lateStep(raw, threshold: threshold) where levels[index].isNaN {
            levels[index] = raw[index]
            outlierCount -= 1
        }
        var gapCount = 0
        var previous = -1
        for index in raw.indices where !raw[index].isNaN {
            gapCount = max(gapCount, index - previous)
            previous = index
        }
        self.periodMinutes = periodSeconds / 60
        self.levels = levels
        self.noise = noise
        self.outlierCount = outlierCount
        self.firstMeasured = raw.firstIndex { !$0.isNaN }.map { ($0, raw[$0]) }
        self.lastMeasured = raw.lastIndex { !$0.isNaN }.map { ($0, raw[$0]) }
        self.missingCount = raw.count { $0.isNaN }
        self.gapCount = max(gapCount, raw.count - previous)
    }

    /// Mean level in mm of the samples in `range` (clamped to the curve), and how many there were.
    func mean(_ range: Range<Int>) -> (level: Double, count: Int) {
        var sum = 0.0
        var count = 0
        for index in range.clamped(to: levels.indices) where !levels[index].isNaN {
            sum += levels[index]
            count += 1
        }
        return (count > 0 ? sum / Double(count) : .nan, count)
    }

    /// Mean level in mm of each of `partCount` equal parts; a part without samples lies between its neighbours.
    func partLevels() -> [Double] {
        var sums = [Double](repeating: 0, count: Self.partCount)
        var counts = [Int](repeating: 0, count: Self.partCount)
        for index in levels.indices where !levels[index].isNaN {
            let part = min(index * Self.partCount / max(last, 1), Self.partCount - 1)
            sums[part] += levels[index]
            counts[part] += 1
        }
        var means = zip(sums, counts).map { $1 > 0 ? $0 / Double($1) : Double.nan }
        let known = means.indices.filter { counts[$0] > 0 }
        for part in means.indices where counts[part] == 0 {
            let before = known.last { $0 < part }
            let after = known.first { $0 > part }
            switch (before, after) {
            case (let before?, let after?):
                let share = Double(part - before) / Double(after - before)
                means[part] = means[before] + share * (means[after] - means[before])
            case (let only?, nil), (nil, let only?):
                means[part] = means[only]
            case (nil, nil):
                means[part] = 0
            }
        }
        return means
    }

    /// The last two samples if they agree: far from their neighbours, they are a step that came late, not outliers.
    private static func lateStep(_ raw: [Double], threshold: Double) -> Range<Int> {
        guard let last = raw.indices.last, last > 0, abs(raw[last] - raw[last - 1]) <= threshold else { return 0..<0 }
        return last - 1..<last + 1
    }

    /// Noise from second differences, which neither the fall nor its onset moves; 0 when nothing is measurable.
    private static func noise(of levels: [Double]) -> Double {
        var differences: [Double] = []
        differences.reserveCapacity(levels.count)
        for index in levels.indices.dropFirst().dropLast() {
            let second = levels[index + 1] - 2 * levels[index] + levels[index - 1]
            if !second.isNaN {
                differences.append(abs(second))
            }
        }
        guard !differences.isEmpty else { return 0 }
        // 1.4826 makes a median of absolute values a standard deviation; a second difference has √6 times the noise.
        return 1.4826 * median(&differences) / 6.0.squareRoot()
    }

    /// The median of `values`, which are sorted on return; not to be called with none.
    private static func median(_ values: inout [Double]) -> Double {
        values.sort()
        return (values[(values.count - 1) / 2] + values[values.count / 2]) / 2
    }
}
