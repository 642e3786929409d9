import Threads

/// The inbox of one link's thread.
///
/// Safe because every stored property is touched only under the monitor's lock.
final class USBMailbox<Letter: Sendable>: @unchecked Sendable {
    private let monitor = Monitor()
    private var letters: [Letter] = []
    /// Ends the wait in which the thread is for something else than a letter.
    private var wake: (@Sendable () -> Void)?
    private var droppableCount = 0
    private let droppableCountMax: Int
    private let isDroppable: @Sendable (Letter) -> Bool

    /// - Parameters:
    ///   - isDroppable: letters that the outside sends at will; the others are bounded by what the thread asked for.
    ///   - droppableCountMax: such letters that wait; what comes on top is dropped.
    init(droppableCountMax: Int, isDroppable: @escaping @Sendable (Letter) -> Bool) {
        self.droppableCountMax = droppableCountMax
        self.isDroppable = isDroppable
    }

    func post(_ letter: Letter) {
        monitor.lock()
        defer { monitor.unlock() }
        if isDroppable(letter) {
            guard droppableCount < droppableCountMax else { return }
            droppableCount += 1
        }
        letters.append(letter)
        monitor.signal()
        wake?()
        wake = nil
    }

    /// The thread goes to wait for something else, and `wake` ends that wait when a letter comes; `takeNow` follows.
    ///
    /// False where letters are there already: then there is nothing to wait for.
    func waitElsewhere(wokenBy wake: @escaping @Sendable () -> Void) -> Bool {
        monitor.lock()
        defer { monitor.unlock() }
        guard letters.isEmpty else { return false }
        self.wake = wake
        return true
    }

    /// All that has arrived, in order.
    func takeNow() -> [Letter] {
        monitor.lock()
        defer { monitor.unlock() }
        wake = nil
        return take()
    }

    /// All that has arrived, in order; waits until there is something, or until `deadline` of CLOCK_MONOTONIC.
    func takeAll(until deadline: Duration?) -> [Letter] {
        monitor.lock()
        defer { monitor.unlock() }
        let end = deadline.map(MonotonicTime.init(sinceBeginning:))
        while letters.isEmpty, monitor.wait(until: end) {}
        return take()
    }

    private func take() -> [Letter] {
        droppableCount = 0
        defer { letters = [] }
        return letters
    }
}
