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
            .linkOpened(nonce: SessionBench.nonce), .refusedByDevice(code: 1), .recalled(newest: 9, interrupted: nil),
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
