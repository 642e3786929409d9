/// Decorrelated jitter: each delay is drawn between the shortest and three times the one before, up to the longest.
package struct BackoffPolicy: Sendable, Equatable {
    package var shortest: Duration = .seconds(1)
    package var longest: Duration = .seconds(300)
    /// Whatever is configured: a delay of nothing would never grow.
    package static let shortestMin: Duration = .milliseconds(100)

    package init() {}

    /// - Parameters:
    ///   - previous: the delay before, nil at the first failure.
    ///   - asked: the upstream's Retry-After; never undercut, and bounded by a day. Who was told the same time comes later
    ///     than that by a part of `spread`, or of the time itself where that is shorter.
    ///   - chance: drawn by the caller, in 0..<1.
    package func delay(after previous: Duration?, asked: Duration?, spread: Duration, chance: Double) -> Duration {
        let floor = max(shortest, Self.shortestMin)
        let ceiling = max(floor, min(longest, max(previous ?? floor, floor) * 3))
        let drawn = floor + (ceiling - floor) * chance
        guard let asked else { return drawn }
        let bounded = max(.zero, min(asked, .seconds(86_400)))
        return max(drawn, bounded + min(spread, bounded) * chance)
    }
}
