import Dispatch

/// Wakes for the earliest of a run loop's timers, however many were started.
///
/// One source of Dispatch is set anew each time: a task that sleeps and is cancelled lives on until its deadline, and a
/// busy session would leave one behind at each step. Belongs to one run loop and is used from its task only.
struct RunLoopTimers<ID: Sendable>: ~Copyable {
    private var queue = DeadlineQueue<ID>()
    /// What the source is set to; nil when it has fired since, or was never set.
    private var armed: ContinuousClock.Instant?
    private let source: any DispatchSourceTimer
    private let clock = ContinuousClock()

    /// - Parameter wake: called when something may be due; the loop then calls `popDue`.
    init(wake: @escaping @Sendable () -> Void) {
        source = DispatchSource.makeTimerSource()
        source.setEventHandler(handler: wake)
        source.activate()
    }

    deinit {
        source.cancel()
    }

    mutating func start(_ id: ID, after delay: Duration) {
        queue.insert(id, at: clock.now + delay)
        rearm()
    }

    mutating func popDue() -> [ID] {
        armed = nil
        let due = queue.popDue(at: clock.now)
        rearm()
        return due
    }

    /// Whether no timer is so late that whoever should pop it must be stuck.
    func isKept(within delay: Duration) -> Bool {
        guard let deadline = queue.nextDeadline else { return true }
        return clock.now <= deadline + delay
    }

    private mutating func rearm() {
        guard let deadline = queue.nextDeadline else { return }
        if let armed, armed <= deadline { return }
        armed = deadline
        source.schedule(deadline: .now() + max(.zero, deadline - clock.now).dispatchInterval)
    }
}

extension Duration {
    /// Rounded up, so that what is waited for is due when it fires; at most 292 years, the range of Dispatch.
    fileprivate var dispatchInterval: DispatchTimeInterval {
        let (seconds, attoseconds) = components
        let nanoseconds = Int(attoseconds / 1_000_000_000) + (attoseconds % 1_000_000_000 > 0 ? 1 : 0)
        let (whole, overflow) = Int(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isOver) = whole.addingReportingOverflow(nanoseconds)
        return .nanoseconds(overflow || isOver ? .max : sum)
    }
}
