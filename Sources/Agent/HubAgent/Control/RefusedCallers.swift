import Synchronization

/// Users who were sent away, so that each is noted once in a while.
final class RefusedCallers: Sendable {
    private static let interval = Duration.seconds(60)
    /// Users that are remembered; then all are forgotten.
    private static let countMax = 64

    private let noted = Mutex<[UInt32: Duration]>([:])

    /// - Parameter now: CLOCK_BOOTTIME.
    func isNew(_ user: UInt32, at now: Duration) -> Bool {
        noted.withLock { noted in
            if let last = noted[user], now - last < Self.interval { return false }
            if noted.count >= Self.countMax { noted = [:] }
            noted[user] = now
            return true
        }
    }
}
