import CBORCoding
import CORProtocol
import HubCore
import SMPProtocol
import Testing

@Suite("A session at rest")
struct WaitingTests {
    private let poll = SessionLimits().pollInterval

    private func notified(_ command: CORCommand, _ payload: [UInt8]) -> SessionEvent {
        .notified(command: command.rawValue, payload: payload)
    }

    private func restingBench(capabilities: [String] = []) throws -> SessionBench {
        var device = try TestDevice()
        device.capabilities = capabilities
        var bench = try SessionBench(device)
        try bench.open()
        try #require(bench.isWaiting)
        return bench
    }

    @Test("The timer leads to a look at status and list, and an outlived timer to nothing")
    func timer() throws {
        var bench = try restingBench()
        #expect(bench.effects.last == .startTimer(id: 1, after: poll))
        #expect(bench.tell(.timerFired(id: 0)) == [])
        let asked = bench.tell(.timerFired(id: 1))
        #expect(asked == [.request(.read, .status, payload: EmptyMessage().encoded())])
        try bench.play(asked)
        #expect(bench.effects.last == .startTimer(id: 2, after: poll))
        #expect(bench.tell(.timerFired(id: 1)) == [])
    }

    @Test("A record that became ready is fetched without waiting for the timer")
    func recordReady() throws {
        var bench = try restingBench()
        try bench.device.close(1...1)
        let asked = bench.tell(notified(.recordReady, RecordReadyEvent(sequence: 1).encoded()))
        // The status names the newest record, and the list follows it.
        #expect(asked == [.request(.read, .status, payload: EmptyMessage().encoded())])
        try bench.play(asked)
        #expect(bench.stored.map(\.sequence) == [1])
    }

    @Test("A record that became ready while another was read is fetched after it")
    func readyMeanwhile() throws {
        var device = try TestDevice()
        try device.close(1...1)
        var bench = try SessionBench(device)
        let read = try bench.open { $0.asks(.recordRead) ? .stop : .usual }
        #expect(bench.tell(notified(.recordReady, RecordReadyEvent(sequence: 2).encoded())) == [])
        try bench.device.close(2...2)
        try bench.play(read.map { [$0] } ?? [])
        #expect(bench.stored.map(\.sequence) == [1, 2])
        #expect(bench.isWaiting)
    }

    @Test("A changed state leads to a look at the status")
    func stateChanged() throws {
        var bench = try restingBench()
        #expect(
            bench.tell(notified(.stateChanged, StateChangedEvent(what: .battery).encoded()))
                == [.request(.read, .status, payload: EmptyMessage().encoded())])
    }

    @Test("Threat 21: a flood of announcements costs one look a second, and what was announced is looked at")
    func floodOfHints() throws {
        var bench = try restingBench()
        func flood() -> [SessionEffect] {
            (0..<1_000).flatMap { _ in
                bench.tell(notified(.recordReady, RecordReadyEvent(sequence: 1).encoded()))
                    + bench.tell(notified(.stateChanged, StateChangedEvent(what: .battery).encoded()))
            }
        }
        let look = SessionEffect.request(.read, .status, payload: EmptyMessage().encoded())
        // The first is followed at once; those that come while it is answered lead to one timer.
        #expect(flood() == [look])
        bench.now = .at(0.25)
        try bench.play([look])
        let id = try #require(bench.lastTimer)
        #expect(bench.effects.last == .startTimer(id: id, after: .milliseconds(750)))
        #expect(flood() == [])
        bench.now = .at(1)
        #expect(bench.tell(.timerFired(id: id)) == [look])
        try bench.play([look])
        // Nothing was announced since: the next look is the poll's, and an announcement waits for its second.
        #expect(bench.effects.last == .startTimer(id: id + 1, after: poll))
        bench.now = .at(1.75)
        #expect(flood() == [.startTimer(id: id + 2, after: .milliseconds(250))])
        bench.now = .at(2)
        #expect(bench.tell(.timerFired(id: id + 1)) == [])
        #expect(bench.tell(.timerFired(id: id + 2)) == [look])
    }

    @Test("Threat 21: live samples beyond the burst and the rate are dropped, and the next second has its share")
    func floodOfLiveSamples() throws {
        var bench = try restingBench(capabilities: ["live"])
        let limits = SessionLimits()
        let sample = LiveEvent(
            run: "CRT-1", index: 3, fallMicrometres: 120, temperatureMillidegrees: 22_000, tiltMillidegrees: 100,
            samplePeriodMilliseconds: 5_000
        ).encoded()
        func passed(of count: Int) -> Int {
            (0..<count).filter { _ in !bench.tell(notified(.liveSample, sample)).isEmpty }.count
        }
        #expect(passed(of: limits.liveSampleBurstMax) == limits.liveSampleBurstMax)
        #expect(passed(of: 1_000) == 0)
        bench.now = .at(1)
        #expect(passed(of: 10_000) == limits.liveSamplesPerSecondMax)
        bench.now = .at(3_600)
        #expect(passed(of: 10_000) == limits.liveSampleBurstMax)
        // Elapsed time does not go back; a clock that did would give nothing.
        bench.now = .at(10)
        #expect(passed(of: 10) == 0)
    }

    @Test("Live samples are asked for once where the device has them, and go to whoever watches")
    func live() throws {
        var bench = try restingBench(capabilities: ["esr", "live"])
        #expect(bench.commands.filter { $0 == .live }.count == 1)
        let sample = LiveEvent(
            run: "CRT-1", index: 3, fallMicrometres: 120, temperatureMillidegrees: 22_000, tiltMillidegrees: 100,
            samplePeriodMilliseconds: 5_000)
        #expect(
            bench.tell(notified(.liveSample, sample.encoded()))
                == [.publish(.liveSample(serial: bench.device.serial, sample))])
        try bench.play(bench.tell(.timerFired(id: 1)))
        #expect(bench.commands.filter { $0 == .live }.count == 1)
    }

    @Test("A device that refuses live samples still gives its records")
    func liveRefused() throws {
        var device = try TestDevice()
        device.capabilities = ["live"]
        try device.close(1...1)
        var bench = try SessionBench(device)
        try bench.open { $0.asks(.live) ? .event(.refusedByDevice(code: 8)) : .usual }
        #expect(bench.stored.map(\.sequence) == [1])
    }

    @Test("Live samples that cannot be read, and events of newer firmware, are ignored")
    func unknownEvents() throws {
        var bench = try restingBench()
        #expect(bench.tell(notified(.liveSample, [0xA0])) == [])
        #expect(bench.tell(.notified(command: 200, payload: [])) == [])
        #expect(bench.tell(.answered(payload: [0xA0])) == [])
        #expect(bench.tell(.stored) == [])
        #expect(bench.isWaiting)
    }

    @Test("Events before the challenge was met are ignored: an unproved device tells nothing")
    func beforeTheChallenge() throws {
        for command in [CORCommand.identity, .attest] {
            var bench = try SessionBench(TestDevice())
            try bench.open { $0.asks(command) ? .stop : .usual }
            #expect(bench.tell(notified(.recordReady, RecordReadyEvent(sequence: 1).encoded())) == [])
            #expect(bench.tell(notified(.liveSample, [0xA0])) == [])
        }
    }

    @Test("After its end a session answers nothing")
    func ended() throws {
        var bench = try restingBench()
        #expect(bench.tell(.linkGone) == [.close(.linkGone)])
        let late: [SessionEvent] = [
            .linkGone, .unanswered, .answered(payload: [0xA0]), .timerFired(id: 1), .stored, .notStored,
            .linkOpened(nonce: SessionBench.nonce), .refusedByDevice(code: 1),
            .recalled(KnownDevice(newestSequence: 9)),
        ]
        for event in late {
            #expect(bench.tell(event) == [], "\(event)")
        }
    }

    @Test("A link that goes ends the session in every state")
    func linkGone() throws {
        var device = try TestDevice()
        device.capabilities = ["live"]
        try device.close(1...2)
        var complete = try SessionBench(device)
        try complete.open()
        for stop in 0..<complete.effects.count {
            var bench = try SessionBench(device)
            var passed = 0
            try bench.open { _ in
                passed += 1
                return passed > stop ? .stop : .usual
            }
            // What was asked of the shell may still come to its end; the session has ended.
            #expect(bench.tell(.linkGone).last == .close(.linkGone), "after \(stop) effects")
            #expect(bench.tell(.stored) == [])
        }
    }
}
