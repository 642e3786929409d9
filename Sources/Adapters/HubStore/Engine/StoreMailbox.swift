import Glibc
import HubCore
import Synchronization
import Threads

/// The bounded queue between the callers and the store's thread.
///
/// Safe because every stored property is touched only under the monitor's lock.
final class StoreMailbox: @unchecked Sendable {
    enum Taken {
        case job(StoreJob)
        case timedOut
        /// The store is to be closed, and nothing waits any more.
        case closed
    }

    private let countMax: Int
    private let spin: Duration
    /// Jobs that were ever submitted, plus one when the mailbox is closed; may be read without the lock.
    private let arrivalCount = Atomic<Int>(0)
    private var takenCount = 0
    private let monitor = Monitor()
    private var jobs: [StoreJob] = []
    private var firstIndex = 0
    private var isClosed = false
    private var isFinished = false
    private var onFinish: [@Sendable () -> Void] = []

    /// - Parameter spin: How long `take` looks for a job before it lets the thread sleep.
    init(countMax: Int, spin: Duration) {
        self.countMax = countMax
        // Where there is one processor, whoever would bring the job waits for this thread.
        self.spin = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? spin : .zero
    }

    func submit(_ job: StoreJob) throws(StoreFault) {
        monitor.lock()
        defer { monitor.unlock() }
        guard !isClosed else { throw .closed }
        guard jobs.count - firstIndex < countMax else { throw .overloaded(limit: countMax) }
        jobs.append(job)
        arrivalCount.wrappingAdd(1, ordering: .releasing)
        monitor.signal()
    }

    /// A job that is there already.
    func takeWaiting() -> StoreJob? {
        monitor.lock()
        defer { monitor.unlock() }
        return firstIndex < jobs.count ? removeFirst() : nil
    }

    /// Waits for a job until `deadline` of the monotonic clock; without one, as long as it takes.
    func take(until deadline: MonotonicTime?) -> Taken {
        spinForArrival()
        monitor.lock()
        defer { monitor.unlock() }
        while true {
            if firstIndex < jobs.count { return .job(removeFirst()) }
            if isClosed { return .closed }
            if !monitor.wait(until: deadline), firstIndex == jobs.count, !isClosed { return .timedOut }
        }
    }

    /// Refuses further jobs; those that wait are still done. `finished` is called when the store has let go of its files.
    func close(finished: @escaping @Sendable () -> Void) {
        monitor.lock()
        isClosed = true
        arrivalCount.wrappingAdd(1, ordering: .releasing)
        let isFinished = isFinished
        if !isFinished { onFinish.append(finished) }
        monitor.signal()
        monitor.unlock()
        if isFinished { finished() }
    }

    /// Called by the store's thread as its last act.
    func finish() {
        monitor.lock()
        isFinished = true
        let callbacks = onFinish
        onFinish = []
        monitor.unlock()
        for callback in callbacks { callback() }
    }

    /// A writer that was just answered often comes back at once. Waking a sleeping thread takes longer than looking
    /// for it a few times does, and the store has just worked, so an idle hub never gets here.
    private func spinForArrival() {
        guard spin > .zero, takenCount > 0, arrivalCount.load(ordering: .acquiring) <= takenCount else { return }
        let end = MonotonicTime.now() + spin
        repeat {
            sched_yield()
        } while arrivalCount.load(ordering: .acquiring) <= takenCount && MonotonicTime.now() < end
    }

    private func removeFirst() -> StoreJob {
        takenCount += 1
        let job = jobs[firstIndex]
        firstIndex += 1
        if firstIndex == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            firstIndex = 0
        } else if firstIndex == 128 {
            jobs.removeFirst(firstIndex)
            firstIndex = 0
        }
        return job
    }
}
