/// Sleeps for the earliest of a run loop's timers: at most one task sleeps, however many timers were started.
///
/// Belongs to one run loop and is used from its task only.
struct RunLoopTimers<ID: Sendable>: ~Copyable {
    private var queue = DeadlineQueue<ID>()
    private var armed: (deadline: ContinuousClock.Instant, task: Task<Void, Never>)?
    private let clock = ContinuousClock()
    private let wake: @Sendable () -> Void

    /// - Parameter wake: called when something may be due; the loop then calls `popDue`.
    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    deinit {
        armed?.task.cancel()
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

    private mutating func rearm() {
        guard let deadline = queue.nextDeadline else { return }
        if let armed, armed.deadline <= deadline { return }
        armed?.task.cancel()
        let task = Task { [wake, clock] in
            do {
                try await clock.sleep(until: deadline)
                wake()
            } catch {
                return  // Re-armed for an earlier timer, or the loop is over.
            }
        }
        armed = (deadline, task)
    }
}
