import CBORCoding
import CORProtocol
import COSESigning
import HubCore
import Testing

@Suite("What boot loaders demand is known before an image is offered")
struct SecurityCountersTests {
    private static func serial(_ number: Int) throws -> DeviceSerial {
        try #require(DeviceSerial("COR1-\(1_000_000 + number)"))
    }

    private static func state(_ counter: UInt32) -> DeviceState {
        DeviceState(
            running: SlotImage(hash: .of([1]), version: "1.0.0", state: .confirmed), spare: nil,
            securityCounter: counter, imageLengthMax: 1_000, uptimeMilliseconds: 5)
    }

    private static func verified(_ counter: UInt32) -> StateReportCheck.Finding {
        .verified(state(counter), DeviceEvidence(attestation: [1], certificateChain: []))
    }

    /// It is kept before anything is looked at anew.
    private static func learnt(_ counter: UInt32, _ serial: DeviceSerial) -> [SecurityCounters.Effect] {
        [.keep(DemandedCounter(serial: serial, counter: counter)), .changed]
    }

    @Test("A device is asked once in each session, and what it has signed holds while it is away")
    func once() throws {
        let serial = try Self.serial(1)
        var counters = SecurityCounters()
        #expect(counters[serial] == .unread)
        #expect(counters.handle(.deviceSeen(serial)) == [.look(serial)])
        #expect(counters.handle(.deviceSeen(serial)) == [])
        #expect(counters.handle(.looked(serial, Self.verified(3))) == Self.learnt(3, serial))
        #expect(counters[serial] == .demands(3))
        #expect(counters.handle(.deviceSeen(serial)) == [])
        #expect(counters.handle(.deviceWent(serial)) == [])
        #expect(counters[serial] == .demands(3))
        #expect(counters.handle(.deviceSeen(serial)) == [.look(serial)])
        #expect(counters.handle(.looked(serial, Self.verified(3))) == [])
    }

    @Test("A counter never falls, whatever a later report says or fails to say (rollback)")
    func monotone() throws {
        let serial = try Self.serial(1)
        var counters = SecurityCounters()
        #expect(counters.handle(.signed(serial, Self.state(5))) == Self.learnt(5, serial))
        #expect(counters.handle(.signed(serial, Self.state(4))) == [])
        _ = counters.handle(.deviceSeen(serial))
        #expect(counters.handle(.looked(serial, .refused(code: "signature-invalid"))) == [])
        #expect(counters[serial] == .demands(5))
        #expect(counters.handle(.signed(serial, Self.state(6))) == Self.learnt(6, serial))
        #expect(counters[serial] == .demands(6))
    }

    @Test("What was kept holds behind a restart, whatever the device then says or cannot say (rollback)")
    func restart() throws {
        let serial = try Self.serial(1)
        for finding in [nil, .notAsked, .refused(code: "signature-invalid"), Self.verified(4), Self.verified(5)] {
            var counters = SecurityCounters()
            #expect(counters.handle(.recalled(DemandedCounter(serial: serial, counter: 5))) == [.changed])
            for _ in 1...SecurityCounters.attemptCountMax {
                _ = counters.handle(.deviceSeen(serial))
                #expect(counters.handle(.looked(serial, finding)) == [])
            }
            #expect(counters[serial] == .demands(5))
            #expect(counters.handle(.signed(serial, Self.state(6))) == Self.learnt(6, serial))
        }
    }

    @Test("What the store did not take is kept when the device signs it again, and once")
    func notKept() throws {
        let serial = try Self.serial(1)
        var counters = SecurityCounters()
        #expect(counters.handle(.signed(serial, Self.state(5))) == Self.learnt(5, serial))
        #expect(counters.handle(.notKept(serial)) == [])
        #expect(counters[serial] == .demands(5))
        // A lower one does not take its place.
        #expect(
            counters.handle(.signed(serial, Self.state(4)))
                == [.keep(DemandedCounter(serial: serial, counter: 5))])
        #expect(counters.handle(.signed(serial, Self.state(5))) == [])
    }

    @Test("What is kept is read back as it is; another shape is none")
    func kept() throws {
        for counter in [0, 5, UInt32.max] {
            let kept = DemandedCounter(serial: try Self.serial(1), counter: counter)
            #expect(try DemandedCounter(decoding: kept.encoded()) == kept)
        }
        #expect(throws: CBORError.self) { try DemandedCounter(decoding: [0x80]) }
    }

    @Test("A device that signs no state, or none that verifies, is asked no more in this session, and holds nothing up")
    func unknown() throws {
        for finding in [StateReportCheck.Finding.notAsked, .refused(code: "nonce-differs")] {
            let serial = try Self.serial(1)
            var counters = SecurityCounters()
            _ = counters.handle(.deviceSeen(serial))
            #expect(counters.handle(.looked(serial, finding)) == [.changed])
            #expect(counters[serial] == .unknown)
            #expect(counters.handle(.deviceSeen(serial)) == [])
        }
    }

    @Test("Looks that come to nothing are repeated up to the limit, and then hold nothing up")
    func attempts() throws {
        let serial = try Self.serial(1)
        var counters = SecurityCounters()
        for attempt in 1...SecurityCounters.attemptCountMax {
            #expect(counters.handle(.deviceSeen(serial)) == [.look(serial)])
            #expect(counters[serial] == .unread)
            #expect(
                counters.handle(.looked(serial, nil))
                    == (attempt == SecurityCounters.attemptCountMax ? [.changed] : []))
        }
        #expect(counters[serial] == .unknown)
        #expect(counters.handle(.deviceSeen(serial)) == [])
    }

    @Test("An answer that nobody waits for any more changes nothing")
    func late() throws {
        let serial = try Self.serial(1)
        var counters = SecurityCounters()
        _ = counters.handle(.deviceSeen(serial))
        _ = counters.handle(.deviceWent(serial))
        #expect(counters.handle(.looked(serial, Self.verified(3))) == [])
        #expect(counters[serial] == .unread)
    }

    @Test("Devices are remembered up to the limit; those beyond it are not asked")
    func bound() throws {
        var counters = SecurityCounters()
        for number in 0..<SecurityCounters.deviceCountMax {
            let serial = try Self.serial(number)
            #expect(counters.handle(.deviceSeen(serial)) == [.look(serial)])
            #expect(counters.handle(.looked(serial, Self.verified(1))) == Self.learnt(1, serial))
        }
        let beyond = try Self.serial(SecurityCounters.deviceCountMax)
        #expect(counters.handle(.deviceSeen(beyond)) == [])
        #expect(counters.handle(.signed(beyond, Self.state(1))) == [])
        // The limit holds up nobody.
        #expect(counters[beyond] == .unknown)
    }
}
