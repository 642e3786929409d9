import Foundation
import Testing
import Threads

@Suite("Threads")
struct ThreadsTests {
    @Test("A thread has its name and tells one that waits", .timeLimit(.minutes(1)))
    func tells() {
        let monitor = Monitor()
        nonisolated(unsafe) var name: String?
        let code = DetachedThread.start("corhub-test", stackLength: 128 << 10) {
            let own = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
            monitor.lock()
            defer { monitor.unlock() }
            name = own
            monitor.signal()
        }
        #expect(code == 0)
        monitor.lock()
        defer { monitor.unlock() }
        while name == nil { _ = monitor.wait(until: nil) }
        #expect(name == "corhub-test\n")
    }

    @Test("A wait ends at its deadline, and not before")
    func endsAtItsDeadline() {
        let monitor = Monitor()
        let deadline = MonotonicTime.now() + .milliseconds(20)
        monitor.lock()
        defer { monitor.unlock() }
        while monitor.wait(until: deadline) {}
        #expect(MonotonicTime.now() >= deadline)
    }

    @Test("A stack that no thread can have is an error number")
    func refuses() {
        #expect(DetachedThread.start("corhub-test", stackLength: 1 << 60) {} != 0)
    }
}
