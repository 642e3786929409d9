import CBORCoding
import CORProtocol
import HubCore
import SMPProtocol
import Testing

@Suite("A device's clock")
struct DeviceClockTests {
    private func clockRequests(_ bench: SessionBench) -> [SessionEffect] {
        bench.effects.filter { $0.asks(.clock) }
    }

    @Test("The offset is taken before the clock is set, and travels with each record")
    func offset() throws {
        var device = try TestDevice()
        try device.close(1...1)
        var bench = try SessionBench(device)
        try bench.open()
        #expect(
            clockRequests(bench) == [
                .request(.read, .clock, payload: EmptyMessage().encoded()),
                .request(
                    .write, .clock,
                    payload: ClockSetRequest(wallMilliseconds: TimeBlock.at().wallMilliseconds).encoded()),
            ])
        #expect(
            bench.effects.contains(.publish(.clockSet(serial: device.serial, offsetMilliseconds: -90_000))))
        guard case .record(let item, _)? = bench.stored.first?.content else {
            Issue.record("nothing was stored")
            return
        }
        #expect(item.clockOffsetMilliseconds == -90_000)
    }

    @Test("A record that was closed after the hub had set the clock has no offset any more")
    func closedAfterSetting() throws {
        var device = try TestDevice()
        try device.close(1...1)
        device.wallMilliseconds = TimeBlock.at().wallMilliseconds + 7_200_000
        device.uptimeMilliseconds = 1_000
        var bench = try SessionBench(device)
        try bench.open()
        guard case .record(let item, _)? = bench.stored.first?.content else {
            Issue.record("nothing was stored")
            return
        }
        #expect(item.clockOffsetMilliseconds == 0)
    }

    @Test("A hub that stands in 1970 does not take the device along")
    func unsetHub() throws {
        var bench = try SessionBench(TestDevice())
        bench.now = .in1970
        try bench.open()
        #expect(clockRequests(bench).count == 1)
        #expect(bench.isWaiting)
    }

    @Test("The floor itself is plausible, a millisecond before it is not")
    func floor() throws {
        for (milliseconds, requestCount) in [
            (SessionLimits().clockFloorMilliseconds, 2), (SessionLimits().clockFloorMilliseconds - 1, 1),
        ] {
            var bench = try SessionBench(TestDevice())
            bench.now.wallMilliseconds = milliseconds
            try bench.open()
            #expect(clockRequests(bench).count == requestCount)
        }
    }

    @Test("A device that never had the time has no offset")
    func unsetDevice() throws {
        var device = try TestDevice()
        device.wallMilliseconds = nil
        try device.close(1...1)
        var bench = try SessionBench(device)
        try bench.open()
        guard case .record(let item, _)? = bench.stored.first?.content else {
            Issue.record("nothing was stored")
            return
        }
        #expect(item.clockOffsetMilliseconds == nil)
    }

    @Test(
        "A record of a later boot is kept without an offset, and the device proves itself anew",
        arguments: [1, 2] as [UInt32])
    func restartedUnseen(attested: UInt32) throws {
        var device = try TestDevice()
        device.bootCounter = 2
        try device.close(1...2)
        device.bootCounter = attested
        var bench = try SessionBench(device)
        try bench.open()
        let isOutlived = attested == 1
        #expect(bench.end == (isOutlived ? .restarted : nil))
        #expect(bench.stored.map(\.sequence) == (isOutlived ? [1] : [1, 2]))
        #expect(bench.effects.contains { $0.asks(.recordAcknowledge) } == !isOutlived)
        guard case .record(let item, _)? = bench.stored.first?.content else {
            Issue.record("nothing was stored")
            return
        }
        #expect(item.clockOffsetMilliseconds == (isOutlived ? nil : -90_000))
    }

    @Test("A device that refuses to tell or to take the time is worked with all the same")
    func refused() throws {
        var bench = try SessionBench(TestDevice())
        try bench.open { $0.asks(.clock) ? .event(.refusedByDevice(code: 8)) : .usual }
        #expect(bench.isWaiting)
    }

    @Test("A clock that cannot be read ends the session")
    func malformed() throws {
        var bench = try SessionBench(TestDevice())
        try bench.open { $0.asks(.clock) ? .event(.answered(payload: [0x80])) : .usual }
        #expect(bench.end == .refused(.malformedAnswer(command: CORCommand.clock.rawValue)))
    }
}
