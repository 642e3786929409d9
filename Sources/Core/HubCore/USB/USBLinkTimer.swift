/// The one timer of a link: what it waits for, and which firing is its own.
struct USBLinkTimer: Sendable {
    enum Purpose: Sendable, Equatable {
        /// The next part of a message that has begun.
        case part
        /// Any message, after one was written.
        case answer

        var delay: Duration {
            switch self {
            case .part: USBLinkMachine.Limits.partInterval
            case .answer: USBLinkMachine.Limits.answerInterval
            }
        }
    }

    private var count: UInt64 = 0
    private(set) var purpose: Purpose?

    /// Takes the place of the one that runs.
    mutating func start(_ purpose: Purpose) -> USBLinkMachine.Effect {
        count += 1
        self.purpose = purpose
        return .startTimer(id: count, after: purpose.delay)
    }

    /// What has been waited for, or nil where another timer has taken the place of this one.
    mutating func fired(_ id: UInt64) -> Purpose? {
        guard id == count else { return nil }
        defer { purpose = nil }
        return purpose
    }
}
