import Synchronization

/// How many tries with unknown tokens are noted: whoever guesses shall be seen, and shall not fill the disk.
final class NoteAllowance: Sendable {
    private static let countMax = 60
    private static let periodMilliseconds: Int64 = 3_600_000

    private let spent = Mutex((since: Int64.min, count: 0))

    /// Whether one more may be noted.
    func take(at now: Int64) -> Bool {
        spent.withLock { spent in
            if spent.since == .min || now - spent.since >= Self.periodMilliseconds || now < spent.since {
                spent = (now, 0)
            }
            guard spent.count < Self.countMax else { return false }
            spent.count += 1
            return true
        }
    }
}
