/// Decides how long a commit stays open for further writes.
///
/// Nobody waits while the store is idle: a commit is made as soon as no write waits. Only where the commit before was
/// shared, the writers of that one are given the time to come back, at most half of what a commit costs.
struct GroupCommit: Sendable {
    enum Decision: Sendable, Hashable {
        case commit
        /// Take a further write if it comes within this time, which may be zero.
        case collect(for: Duration)
    }

    private let windowMax: Duration
    private let lengthMax: Int
    /// Smoothed duration of a commit.
    private var commitDuration: Duration = .zero
    private var expectedCount = 1
    private var count = 0
    private var length = 0

    init(windowMax: Duration, lengthMax: Int) {
        self.windowMax = windowMax
        self.lengthMax = lengthMax
    }

    mutating func began() {
        count = 0
        length = 0
    }

    mutating func wrote(length: Int) {
        count += 1
        self.length += length
    }

    mutating func committed(after duration: Duration) {
        expectedCount = count
        commitDuration = commitDuration == .zero ? duration : (commitDuration * 7 + duration) / 8
    }

    /// - Parameter elapsed: Since the commit was begun.
    func decision(elapsed: Duration) -> Decision {
        guard length < lengthMax, elapsed < windowMax else { return .commit }
        guard count < expectedCount else { return .collect(for: .zero) }
        let linger = min(commitDuration / 2, windowMax) - elapsed
        return .collect(for: max(linger, .zero))
    }
}
