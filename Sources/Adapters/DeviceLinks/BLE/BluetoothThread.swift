import Glibc
import Synchronization
import Threads

/// One thread for all Bluetooth sockets and their machines. It sleeps in poll(2) until a socket, a timer or a job wakes it.
///
/// The kernel's Bluetooth sockets keep packet boundaries and connect in steps of their own, which the event loops of the
/// other links do not know; docs/decisions/0061-one-thread-for-bluetooth.md.
///
/// Safe because everything but `inbox` and the descriptors, which stay the same, is touched on the thread itself only.
final class BluetoothThread: @unchecked Sendable {
    private struct Watch {
        var events: Int16
        var handler: (Int16) -> Void
    }

    private struct Inbox {
        var jobs: [@Sendable () -> Void] = []
        var isStopped = false
    }

    private struct Timer {
        var deadline: ContinuousClock.Instant
        var job: () -> Void
    }

    private static let stackLength = 512 << 10

    private let inbox = Mutex(Inbox())
    /// A byte written to the first makes the second readable.
    private let wakeWriter: Int32
    private let wakeReader: Int32
    private var watches: [Int32: Watch] = [:]
    /// The latest first, so that the next is taken from the end.
    private var timers: [Timer] = []
    private let clock = ContinuousClock()
    private let begin = ContinuousClock.now

    /// Throws the errno of what could not be made.
    init() throws(SystemFailure) {
        var descriptors: [Int32] = [-1, -1]
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &descriptors) == 0 else { throw SystemFailure(code: errno) }
        wakeWriter = descriptors[0]
        wakeReader = descriptors[1]
        try start()
    }

    /// Runs `job` on the thread, after those that were posted before; never within this call.
    func post(_ job: @escaping @Sendable () -> Void) {
        let wakes = inbox.withLock { inbox in
            guard !inbox.isStopped else { return false }
            inbox.jobs.append(job)
            return inbox.jobs.count == 1
        }
        if wakes { wake() }
    }

    /// Ends the thread after the jobs that were posted before.
    func stop() {
        inbox.withLock { $0.isStopped = true }
        wake()
    }

    // MARK: - On the thread only

    /// Time since the thread began.
    var now: Duration { begin.duration(to: clock.now) }

    /// Calls `handler` with poll's events whenever one of `events`, an error or a hang-up is there.
    func watch(_ descriptor: Int32, for events: Int32, _ handler: @escaping (Int16) -> Void) {
        watches[descriptor] = Watch(events: Int16(truncatingIfNeeded: events), handler: handler)
    }

    func change(_ descriptor: Int32, to events: Int32) {
        watches[descriptor]?.events = Int16(truncatingIfNeeded: events)
    }

    func unwatch(_ descriptor: Int32) {
        watches[descriptor] = nil
    }

    func schedule(after delay: Duration, _ job: @escaping () -> Void) {
        let deadline = clock.now + delay
        var index = timers.count
        while index > 0, timers[index - 1].deadline <= deadline { index -= 1 }
        timers.insert(Timer(deadline: deadline, job: job), at: index)
    }

    private func run() {
        while true {
            let (jobs, isStopped) = inbox.withLock { inbox in
                defer { inbox.jobs = [] }
                return (inbox.jobs, inbox.isStopped)
            }
            for job in jobs { job() }
            if isStopped { break }
            fireTimers()
            pollOnce()
        }
        watches = [:]
        timers = []
        close(wakeReader)
        close(wakeWriter)
    }

    private func fireTimers() {
        let now = clock.now
        while let timer = timers.last, timer.deadline <= now {
            timers.removeLast()
            timer.job()
        }
    }

    private func pollOnce() {
        var descriptors = [pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0)]
        descriptors += watches.map { pollfd(fd: $0.key, events: $0.value.events, revents: 0) }
        guard poll(&descriptors, nfds_t(descriptors.count), pollTimeout) > 0 else { return }
        if descriptors[0].revents != 0 { drainWake() }
        for descriptor in descriptors.dropFirst() where descriptor.revents != 0 {
            // A handler before this one may have closed it.
            watches[descriptor.fd]?.handler(descriptor.revents)
        }
    }

    /// Milliseconds, rounded up; -1 without a timer.
    private var pollTimeout: Int32 {
        guard let next = timers.last?.deadline else { return -1 }
        let left = clock.now.duration(to: next).components
        guard left.seconds >= 0, left.attoseconds >= 0 else { return 0 }
        guard left.seconds < 3_600 else { return 3_600_000 }
        return Int32(left.seconds) * 1_000 + Int32(left.attoseconds / 1_000_000_000_000_000) + 1
    }

    private func wake() {
        var byte: UInt8 = 1
        // A full queue wakes as well.
        _ = send(wakeWriter, &byte, 1, Int32(MSG_NOSIGNAL))
    }

    private func drainWake() {
        var byte: UInt8 = 0
        while recv(wakeReader, &byte, 1, 0) > 0 {}
    }

    private func start() throws(SystemFailure) {
        let code = DetachedThread.start("corhub-ble", stackLength: Self.stackLength) { self.run() }
        guard code == 0 else {
            close(wakeReader)
            close(wakeWriter)
            throw SystemFailure(code: code)
        }
    }
}

/// What the system refused, as its errno.
struct SystemFailure: Error, Hashable {
    var code: Int32
}
