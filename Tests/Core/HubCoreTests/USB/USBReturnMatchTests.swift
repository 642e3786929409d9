import CORProtocol
import HubCore
import Testing

@Suite("A device that comes back")
struct USBReturnMatchTests {
    private let serial: DeviceSerial
    private let other: DeviceSerial
    private let here = USBPlace(busNumber: 1, deviceAddress: 5, portPath: "1-1")
    private let elsewhere = USBPlace(busNumber: 1, deviceAddress: 6, portPath: "1-2")

    init() throws {
        serial = try #require(USBSamples.serial)
        other = try #require(DeviceSerial("COR1-OTHER-0001"))
    }

    private func match(_ loss: USBReturnMatch.Loss, deadline: Duration? = nil) -> USBReturnMatch {
        USBReturnMatch(serial: serial, lost: .init(loss, portPath: "1-1", since: .seconds(100)), deadline: deadline)
    }

    @Test("Never seen before, it is taken at any port")
    func first() {
        let match = USBReturnMatch(serial: serial)
        #expect(match.verdict(on: [:], at: .zero) == .wait(lookAgainAfter: USBReturnMatch.idleLookInterval))
        #expect(match.verdict(on: [other: here], at: .zero) == .wait(lookAgainAfter: USBReturnMatch.idleLookInterval))
        #expect(match.verdict(on: [serial: elsewhere], at: .zero) == .open(elsewhere))
    }

    @Test("After a reset it is taken at its own port, and for 10 s at no other")
    func reset() {
        let match = match(.reset)
        #expect(match.verdict(on: [serial: here], at: .seconds(100)) == .open(here))
        #expect(
            match.verdict(on: [serial: elsewhere], at: .seconds(109.9))
                == .wait(lookAgainAfter: USBReturnMatch.lookInterval))
        #expect(match.verdict(on: [serial: elsewhere], at: .seconds(110)) == .open(elsewhere))
    }

    @Test("After an unplug it is taken at any port")
    func unplugged() {
        #expect(match(.unplugged).verdict(on: [serial: elsewhere], at: .seconds(101)) == .open(elsewhere))
    }

    @Test("For 40 s it is looked for often, and then as any other")
    func looks() {
        let match = match(.unplugged)
        #expect(match.verdict(on: [:], at: .seconds(139.9)) == .wait(lookAgainAfter: USBReturnMatch.lookInterval))
        #expect(match.verdict(on: [:], at: .seconds(140)) == .wait(lookAgainAfter: USBReturnMatch.idleLookInterval))
    }

    @Test("Its owner's deadline ends it, unless it is there")
    func deadline() {
        let match = match(.unplugged, deadline: .seconds(120))
        #expect(match.verdict(on: [:], at: .seconds(119.75)) == .wait(lookAgainAfter: .seconds(0.25)))
        #expect(match.verdict(on: [:], at: .seconds(120)) == .expired)
        #expect(match.verdict(on: [serial: here], at: .seconds(120)) == .open(here))
    }
}

@Suite("Setting a stalled device right")
struct USBStallRecoveryTests {
    @Test("Three times the halts are cleared, then the port is reset; a message begins the count anew")
    func steps() {
        var recovery = USBStallRecovery()
        #expect((0..<4).map { _ in recovery.stalled() } == [.clearHalts, .clearHalts, .clearHalts, .resetPort])
        recovery.recovered()
        #expect(recovery.stalled() == .clearHalts)
    }
}

@Suite("Refusals in the audit trail")
struct RefusalNotesTests {
    @Test("The same refusal is new once an hour")
    func interval() {
        var notes = RefusalNotes()
        let seen: [(String, Duration)] = [
            ("a", .zero), ("a", .seconds(3_599)), ("b", .seconds(3_599)), ("a", .seconds(3_600)),
        ]
        let isNew = seen.map { notes.isNew(address: "usb:1-1", reason: $0, at: $1) }
        #expect(isNew == [true, false, true, true])
    }

    @Test("Threat 21, flood: refusals of ever new devices are noted up to the bound")
    func bound() {
        var notes = RefusalNotes()
        let newCount = (0..<1_000).filter { notes.isNew(address: "usb:1-\($0)", reason: "a", at: .zero) }.count
        #expect(newCount == RefusalNotes.countMax)
    }
}
