import CORProtocol
import HubCore
import Testing

@Suite("Steps of the hub's clock")
struct ClockWatchTests {
    private var watch = ClockWatch()
    private let trust = ClockTrust()

    private mutating func look(
        _ seconds: Double, error: Int64 = 0, _ sync: ClockSync = .synchronised
    ) -> [String] {
        var now = TimeBlock.at(seconds)
        now.wallMilliseconds += error
        now.sync = sync
        return watch.observe(now, trust: trust).map { "\($0.outcome.rawValue): \($0.detail)" }
    }

    @Test("A clock that runs as time passes tells nothing")
    mutating func quiet() {
        for second in 0..<100 { #expect(look(Double(second) * 15, error: Int64(second) * 10) == []) }
    }

    @Test("A clock that is set is told with by how much, in both directions, and once")
    mutating func step() {
        #expect(look(0, error: -86_400_000, .never) == [])
        #expect(
            look(15, .stepped) == ["done: the wall clock was moved by 86400000 ms; synchronisation never to stepped"])
        #expect(look(30, .stepped) == [])
        #expect(
            look(45, error: -3_600_000, .stepped) == [
                "done: the wall clock was moved by -3600000 ms; synchronisation stepped to stepped"
            ])
        #expect(look(60, error: -3_600_000 + ClockWatch.stepMinMilliseconds - 1, .stepped) == [])
        #expect(look(75, error: -3_600_000 + 2 * ClockWatch.stepMinMilliseconds, .stepped).count == 1)
    }

    @Test("Threat 12: a clock that goes back across its floor is told as such, at the start as well")
    mutating func floor() {
        let far = -3_153_600_000_000 as Int64
        #expect(look(0, error: far, .never).map { $0.hasPrefix("refused: the wall clock stands before") } == [true])
        #expect(look(15).count == 1)
        #expect(look(30, error: far).map { $0.contains("before its floor") } == [true])
    }

    @Test("The first synchronisation of a boot is told at once, a restless time service seldom")
    mutating func synchronisation() {
        #expect(look(0, .never) == [])
        #expect(look(15, .synchronised) == ["done: synchronisation never to synchronised"])
        var count = 0
        for second in 2..<242 {
            count += look(Double(second) * 15, second.isMultiple(of: 2) ? .stepped : .synchronised).count
        }
        #expect((1...6).contains(count))
    }
}
