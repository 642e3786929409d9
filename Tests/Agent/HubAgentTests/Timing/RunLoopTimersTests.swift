import Testing

@testable import HubAgent

@Suite("The timers of a run loop")
struct RunLoopTimersTests {
    private static func next(_ wakes: AsyncStream<Void>) async {
        for await _ in wakes { return }
    }

    @Test(
        "An earlier timer that is started later comes first, and the one that it overtook still comes",
        .timeLimit(.minutes(1)))
    func overtaken() async {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self)
        var timers = RunLoopTimers<String> { wake.yield() }
        timers.start("late", after: .milliseconds(300))
        timers.start("early", after: .milliseconds(20))
        timers.start("never", after: .seconds(400 * 366 * 86_400))
        var due: [String] = []
        while due.count < 2 {
            await Self.next(wakes)
            due += timers.popDue()
        }
        #expect(due == ["early", "late"])
    }

    @Test(
        "A timer without delay is due at once, also beside one that was due and not taken yet", .timeLimit(.minutes(1)))
    func atOnce() async {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self)
        var timers = RunLoopTimers<Int> { wake.yield() }
        timers.start(1, after: .zero)
        await Self.next(wakes)
        timers.start(2, after: .zero)
        var due = timers.popDue()
        while due.count < 2 {
            await Self.next(wakes)
            due += timers.popDue()
        }
        #expect(due == [1, 2])
    }

    @Test("After the loop nothing wakes any more", .timeLimit(.minutes(1)))
    func over() async throws {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self)
        func start() {
            var timers = RunLoopTimers<Int> { wake.yield() }
            timers.start(1, after: .milliseconds(50))
        }
        start()
        try await Task.sleep(for: .milliseconds(150))
        wake.finish()
        var count = 0
        for await _ in wakes { count += 1 }
        #expect(count == 0)
    }
}
