import Glibc

/// The inbox of one link's thread.
///
/// Safe because every stored property is touched only under the mutex.
final class USBMailbox<Letter: Sendable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let arrived: UnsafeMutablePointer<pthread_cond_t>
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
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        arrived = .allocate(capacity: 1)
        arrived.initialize(to: pthread_cond_t())
        pthread_cond_init(arrived, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(arrived)
        pthread_mutex_destroy(mutex)
        arrived.deallocate()
        mutex.deallocate()
    }

    func post(_ letter: Letter) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if isDroppable(letter) {
            guard droppableCount < droppableCountMax else { return }
            droppableCount += 1
        }
        letters.append(letter)
        pthread_cond_signal(arrived)
        wake?()
        wake = nil
    }

    /// The thread goes to wait for something else, and `wake` ends that wait when a letter comes; `takeNow` follows.
    ///
    /// False where letters are there already: then there is nothing to wait for.
    func waitElsewhere(wokenBy wake: @escaping @Sendable () -> Void) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard letters.isEmpty else { return false }
        self.wake = wake
        return true
    }

    /// All that has arrived, in order.
    func takeNow() -> [Letter] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        wake = nil
        return take()
    }

    /// All that has arrived, in order; waits until there is something, or until `deadline` of CLOCK_MONOTONIC.
    func takeAll(until deadline: Duration?) -> [Letter] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while letters.isEmpty {
            guard let deadline else {
                pthread_cond_wait(arrived, mutex)
                continue
            }
            let (seconds, attoseconds) = deadline.components
            var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
            if pthread_cond_timedwait(arrived, mutex, &time) == ETIMEDOUT { break }
        }
        return take()
    }

    private func take() -> [Letter] {
        droppableCount = 0
        defer { letters = [] }
        return letters
    }
}
