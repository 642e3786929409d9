/// Sums over the samples that are present, so that any mean level is two look-ups away.
struct RunningSums {
    private var sums: [Double] = [0]
    private var counts: [Int] = [0]

    /// - Parameter levels: `nan` where a sample is missing.
    init(_ levels: [Double]) {
        sums.reserveCapacity(levels.count + 1)
        counts.reserveCapacity(levels.count + 1)
        var sum = 0.0
        var count = 0
        for level in levels {
            if !level.isNaN {
                sum += level
                count += 1
            }
            sums.append(sum)
            counts.append(count)
        }
    }

    /// Mean of the present samples in `range`, which must lie within the curve, and how many there are.
    func mean(_ range: Range<Int>) -> (level: Double, count: Int) {
        let count = counts[range.upperBound] - counts[range.lowerBound]
        guard count > 0 else { return (.nan, 0) }
        return ((sums[range.upperBound] - sums[range.lowerBound]) / Double(count), count)
    }
}
