/// When a device is tried again: three times at once, then 1, 2, 4 … 60 s, spread by chance. A refused device, which
/// would be refused again, waits the longest; one that proved who it is and was lost waits a second at most, since a
/// device that is carried about at the edge of the radio's reach is to be back when it is in reach.
package struct ReconnectLadder: Sendable, Equatable {
    private static let immediateCountMax = 3
    private static let longest: Duration = .seconds(60)
    /// A pause even between immediate attempts, so that a link that fails at once does not spin.
    private static let pause: Duration = .milliseconds(100)

    /// A device that was told to restart is given a moment: what is asked too early waits for its time-out.
    private static let restartPause: Duration = .seconds(1)

    private var failureCount = 0

    package init() {}

    /// Notes what the last session was worth, before the delay after it is asked for.
    package mutating func note(_ worth: SessionOutcome.Worth) {
        switch worth {
        case .none: break
        case .reached: failureCount = min(failureCount, Self.immediateCountMax)
        case .delivered: failureCount = 0
        }
    }

    /// - Parameter chance: drawn by the caller, in 0..<1; delays are spread over ± 20 %.
    package mutating func delay(after end: SessionEnd, chance: Double) -> Duration {
        failureCount += 1
        switch end {
        case .storageRefused:
            return Self.longest * (0.8 + 0.4 * chance)
        case .refused(let refusal) where !refusal.mayBeTransient:
            return Self.longest * (0.8 + 0.4 * chance)
        case .restarted:
            failureCount = 0
            return Self.restartPause
        case .linkGone, .silent, .refused, .superseded:
            guard failureCount > Self.immediateCountMax else { return Self.pause }
            let doublings = min(failureCount - Self.immediateCountMax - 1, 6)
            return min(.seconds(1 << doublings), Self.longest) * (0.8 + 0.4 * chance)
        }
    }
}
