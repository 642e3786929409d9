import HubCore
import Testing

@Suite("The watchdog is fed by parts that work")
struct LivenessWatchTests {
    private static let asked: [LivenessWatch.Effect] = [
        .ask(.store, round: 1), .ask(.links, round: 1), .ask(.uplink, round: 1), .startTimer(after: .seconds(40)),
    ]

    private func started() -> LivenessWatch {
        var watch = LivenessWatch(watchdog: .seconds(120))
        #expect(watch.handle(.started) == Self.asked)
        return watch
    }

    @Test("It is fed once every part has answered, and not before")
    func fed() {
        var watch = started()
        #expect(watch.handle(.answered(.store, round: 1)) == [])
        #expect(watch.handle(.answered(.uplink, round: 1)) == [])
        #expect(watch.handle(.answered(.links, round: 1)) == [.feed])
        #expect(watch.handle(.timerFired).first == .ask(.store, round: 2))
    }

    @Test("A stuck part ends the feeding, however lively the others are", arguments: LivenessWatch.Part.allCases)
    func stuck(part: LivenessWatch.Part) {
        var watch = started()
        var effects: [LivenessWatch.Effect] = []
        for _ in 0..<10 {
            for other in LivenessWatch.Part.allCases where other != part {
                effects += watch.handle(.answered(other, round: 1))
            }
            effects += watch.handle(.timerFired)
        }
        #expect(!effects.contains(.feed))
        #expect(effects.filter { $0 == .report(stuck: [part]) }.count == 1)
        #expect(effects.filter { $0 == .ask(part, round: 1) }.count == 10)
    }

    @Test("A part that answers late is believed again, and that is said once")
    func late() {
        var watch = started()
        _ = watch.handle(.answered(.store, round: 1))
        #expect(
            watch.handle(.timerFired) == [
                .ask(.links, round: 1), .ask(.uplink, round: 1), .report(stuck: [.links, .uplink]),
                .startTimer(after: .seconds(40)),
            ])
        #expect(watch.handle(.answered(.uplink, round: 1)) == [])
        #expect(watch.handle(.answered(.links, round: 1)) == [.feed, .report(stuck: [])])
    }

    @Test("An answer counts once, and for its own round only")
    func stale() {
        var watch = started()
        for part in LivenessWatch.Part.allCases { _ = watch.handle(.answered(part, round: 1)) }
        _ = watch.handle(.timerFired)
        #expect(watch.handle(.answered(.store, round: 1)) == [])
        #expect(watch.handle(.answered(.links, round: 2)) == [])
        #expect(watch.handle(.answered(.links, round: 2)) == [])
        #expect(watch.handle(.answered(.uplink, round: 2)) == [])
        #expect(watch.handle(.answered(.store, round: 2)) == [.feed])
    }
}
