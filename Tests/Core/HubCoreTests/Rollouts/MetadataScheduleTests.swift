import CORProtocol
import HubCore
import Testing

@Suite("When metadata are read")
struct MetadataScheduleTests {
    private let now = TimeBlock.at()

    @Test("At the start devices are looked at with what is stored, and the repository is asked within a minute")
    func start() {
        for chance in [0, 0.5, 0.999] {
            var schedule = MetadataSchedule()
            #expect(
                schedule.handle(.started, at: now, chance: chance)
                    == [.assess, .startTimer(id: 1, after: .seconds(60) * chance)])
            #expect(schedule.handle(.timerFired(id: 1), at: now, chance: chance) == [.refresh])
        }
    }

    @Test("Then once a day, at a time that chance moves by three hours at most")
    func daily() {
        for (chance, factor) in [(0.0, 0.875), (0.5, 1.0)] {
            var schedule = MetadataSchedule()
            _ = schedule.handle(.started, at: now, chance: 0)
            _ = schedule.handle(.timerFired(id: 1), at: now, chance: 0)
            #expect(
                schedule.handle(.refreshEnded(failure: nil), at: now, chance: chance)
                    == [.assess, .startTimer(id: 2, after: .seconds(86_400) * factor)])
        }
    }

    @Test("Failures have growing pauses, and what was failed is looked at all the same: metadata may have expired")
    func failures() {
        var schedule = MetadataSchedule()
        _ = schedule.handle(.started, at: now, chance: 0)
        var pauses: [Duration] = []
        for id in 1..<12 {
            #expect(schedule.handle(.timerFired(id: UInt64(id)), at: now, chance: 1) == [.refresh])
            let effects = schedule.handle(.refreshEnded(failure: "unreachable"), at: now, chance: 0.999)
            guard effects.first == .assess, case .startTimer(_, let pause)? = effects.last else {
                Issue.record("\(effects)")
                return
            }
            pauses.append(pause)
        }
        #expect(pauses == pauses.sorted() && pauses[0] >= .seconds(60))
        #expect(pauses[10] <= .seconds(6 * 3600) && pauses[10] > .seconds(5 * 3600))
    }

    @Test("A person's check goes at once, and not beside another one")
    func asked() {
        var schedule = MetadataSchedule()
        _ = schedule.handle(.started, at: now, chance: 0)
        #expect(schedule.handle(.checkAsked, at: now, chance: 0) == [.refresh])
        #expect(schedule.handle(.checkAsked, at: now, chance: 0) == [])
        // The timer of before is outlived.
        #expect(schedule.handle(.timerFired(id: 1), at: now, chance: 0) == [])
        _ = schedule.handle(.refreshEnded(failure: nil), at: now, chance: 0)
        #expect(schedule.handle(.checkAsked, at: now, chance: 0) == [.refresh])
    }

    @Test("Devices are looked at when a stage begins or metadata end, and each hour at least")
    func assessed() {
        var schedule = MetadataSchedule()
        let second = now.wallMilliseconds / 1_000
        for (time, delay) in [(second + 90, 90), (second - 5, 1), (second + 90_000, 3_600), (nil, 3_600)] {
            let effects = schedule.handle(.assessed(changesAt: time), at: now, chance: 0)
            guard case .startTimer(let id, let after)? = effects.first else {
                Issue.record("\(effects)")
                return
            }
            #expect(after == .seconds(delay))
            #expect(schedule.handle(.timerFired(id: id), at: now, chance: 0) == [.assess])
        }
        #expect(schedule.handle(.devicesChanged, at: now, chance: 0) == [.assess])
    }
}
