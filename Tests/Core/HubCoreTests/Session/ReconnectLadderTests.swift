import HubCore
import Testing

@Suite("When a device is tried again")
struct ReconnectLadderTests {
    /// The delays after so many ends of one kind, at the middle of chance.
    private func delays(_ end: SessionEnd, count: Int) -> [Duration] {
        var ladder = ReconnectLadder()
        return (0..<count).map { _ in ladder.delay(after: end, chance: 0.5) }
    }

    @Test("Three times almost at once, then 1, 2, 4 … 60 s, and never more")
    func rungs() {
        let expected: [Duration] = [
            .milliseconds(100), .milliseconds(100), .milliseconds(100), .seconds(1), .seconds(2), .seconds(4),
            .seconds(8), .seconds(16), .seconds(32), .seconds(60), .seconds(60),
        ]
        for end in [SessionEnd.linkGone, .silent] {
            #expect(delays(end, count: 11) == expected)
            #expect(delays(end, count: 10_000).last == .seconds(60))
        }
    }

    @Test("A device that was refused, and a store that is full, wait the longest at once")
    func refused() {
        #expect(delays(.refused(.certificateMissing), count: 2) == [.seconds(60), .seconds(60)])
        #expect(delays(.storageRefused, count: 1) == [.seconds(60)])
    }

    @Test("Delays are spread over a fifth to both sides")
    func spread() {
        for (chance, seconds) in [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)] {
            var ladder = ReconnectLadder()
            for _ in 0..<3 { _ = ladder.delay(after: .linkGone, chance: chance) }
            let delay = ladder.delay(after: .linkGone, chance: chance)
            #expect(abs(delay / .seconds(1) - seconds) < 1e-9)
        }
    }

    @Test("Success begins the ladder anew")
    func success() {
        var ladder = ReconnectLadder()
        for _ in 0..<8 { _ = ladder.delay(after: .silent, chance: 0.5) }
        ladder.note(.delivered)
        #expect(ladder.delay(after: .silent, chance: 0.5) == .milliseconds(100))
    }

    @Test("A device that proves who it is and is lost again, however often, is tried again after a second at most")
    func reached() {
        var ladder = ReconnectLadder()
        for _ in 0..<8 { _ = ladder.delay(after: .linkGone, chance: 0.5) }
        for _ in 0..<100 {
            ladder.note(.reached)
            #expect(ladder.delay(after: .linkGone, chance: 0.5) == .seconds(1))
        }
        // What may be somebody else climbs on from there.
        ladder.note(.none)
        #expect(ladder.delay(after: .linkGone, chance: 0.5) == .seconds(2))
    }
}
