import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import HubCore
import SMPProtocol
import Testing

@Suite("A person claims a device, lets it go, and has it show itself")
struct DeviceOrderTests {
    private let id = DeviceOrderID(rawValue: 1)

    /// A session with a device that is nobody's, which waits for a person.
    private func unclaimedBench(
        _ policy: DeviceSession.UnclaimedPolicy = .wait, recordCount: UInt64 = 1
    ) throws -> SessionBench {
        var device = try TestDevice()
        (device.ownerState, device.owner) = (.free, nil)
        try device.close(1...recordCount)
        var bench = try SessionBench(device, unclaimed: policy)
        bench.registration = nil
        try bench.open()
        return bench
    }

    private func news(in bench: SessionBench) -> [DeviceOrderNews] {
        bench.effects.compactMap { effect in
            if case .report(id, let news) = effect { news } else { nil }
        }
    }

    private func kept(in bench: SessionBench) -> [DeviceRegistration.State] {
        bench.effects.compactMap { effect in
            if case .keepRegistration(let registration, _) = effect { registration.state } else { nil }
        }
    }

    @Test("A device that is nobody's waits: neither its clock is set nor a record read")
    func waits() throws {
        let bench = try unclaimedBench()
        #expect(bench.commands == [.identity, .attest, .owner])
        #expect(bench.stored.isEmpty)
        #expect(bench.isWaiting)
    }

    @Test("On a bench it is used all the same")
    func isUsed() throws {
        let bench = try unclaimedBench(.use)
        #expect(bench.stored.count == 1)
    }

    @Test("A claim is the person's at the button, is durable before it is told, and the records come")
    func claims() throws {
        var bench = try unclaimedBench()
        try bench.play(bench.tell(.ordered(id, .claim)))
        #expect(news(in: bench) == [.awaitsButton(.seconds(60))])
        #expect(bench.stored.isEmpty)

        bench.device.press()
        try bench.play(bench.tell(.timerFired(id: try #require(bench.lastTimer))))
        #expect(news(in: bench) == [.awaitsButton(.seconds(60)), .done(.claimed)])
        #expect(kept(in: bench) == [.claimed])
        #expect(bench.stored.count == 1)
        let effects = bench.effects
        let keeping = try #require(effects.firstIndex { if case .keepRegistration = $0 { true } else { false } })
        let telling = try #require(effects.firstIndex { $0 == .report(id, .done(.claimed)) })
        #expect(keeping < telling)
    }

    @Test("What is kept of a claim proves the device: its chain, and an attestation that is bound to this hub")
    func evidence() throws {
        var bench = try unclaimedBench()
        try bench.play(bench.tell(.ordered(id, .claim)))
        bench.device.press()
        try bench.play(bench.tell(.timerFired(id: try #require(bench.lastTimer))))
        let kept = bench.effects.lazy.compactMap { effect in
            if case .keepRegistration(let registration, _) = effect { registration } else { nil }
        }.first
        let evidence = try #require(kept?.evidence)
        #expect(evidence.certificateChain == bench.device.chain)
        let attestation = try SignedAttestation(decoding: evidence.attestation)
        #expect(attestation.payload.hub == bench.hub)
        #expect(attestation.verdict(key: .p256(bench.device.key.publicKey)) == .valid)
    }

    @Test("An event of the device is looked at before the timer")
    func event() throws {
        var bench = try unclaimedBench()
        try bench.play(bench.tell(.ordered(id, .claim)))
        bench.device.press()
        try bench.play(
            bench.tell(.notified(command: CORCommand.stateChanged.rawValue, payload: EmptyMessage().encoded())))
        #expect(news(in: bench).last == .done(.claimed))
    }

    @Test("A claim that is taken back is taken back on the device, too")
    func withdrawn() throws {
        var bench = try unclaimedBench()
        try bench.play(bench.tell(.ordered(id, .claim)))
        try bench.play(bench.tell(.orderWithdrawn(id)))
        #expect(news(in: bench).last == .failed(.withdrawn))
        #expect(bench.device.ownerState == .free)
        #expect(kept(in: bench).isEmpty)
        bench.device.press()
        #expect(bench.device.ownerState == .free)
    }

    @Test("A claim that is taken back before the device has answered does not stay behind")
    func withdrawnEarly() throws {
        var bench = try unclaimedBench()
        let asked = bench.tell(.ordered(id, .claim))
        bench.tell(.orderWithdrawn(id))
        try bench.play(asked)
        #expect(news(in: bench) == [.failed(.withdrawn)])
        #expect(bench.device.ownerState == .free)
    }

    @Test("Nobody presses the button: the device is nobody's again, and that is said")
    func notPressed() throws {
        var bench = try unclaimedBench()
        try bench.play(bench.tell(.ordered(id, .claim)))
        (bench.device.ownerState, bench.device.owner) = (.free, nil)
        try bench.play(bench.tell(.timerFired(id: try #require(bench.lastTimer))))
        #expect(news(in: bench).last == .failed(.notConfirmed))
        #expect(bench.stored.isEmpty)
    }

    @Test("A device that waits for its button without end is given up")
    func waitsWithoutEnd() throws {
        var bench = try unclaimedBench()
        try bench.play(bench.tell(.ordered(id, .claim)))
        for _ in 0..<70 where news(in: bench).count == 1 {
            bench.now.boottimeNanoseconds += 1_000_000_000
            try bench.play(bench.tell(.timerFired(id: try #require(bench.lastTimer))))
        }
        #expect(news(in: bench).last == .failed(.notConfirmed))
        #expect(bench.device.ownerState == .free)
    }

    @Test("A claim whose answer is lost is uncertain: the device is asked what it made of it")
    func uncertain() throws {
        for deviceActed in [true, false] {
            var bench = try unclaimedBench()
            let asked = bench.tell(.ordered(id, .claim))
            if deviceActed, case .request(_, let command, let payload)? = asked.first {
                _ = try bench.device.answer(to: command, payload)
            }
            try bench.play(bench.tell(.unanswered))
            #expect(news(in: bench) == [deviceActed ? .awaitsButton(.seconds(60)) : .failed(.notConfirmed)])
        }
    }

    @Test("Another hub's device, and one that another hub is claiming, are refused with what to do")
    func others() throws {
        for (state, failure) in [(OwnerState.owned, DeviceOrderFailure.ownedByAnother), (.awaitingButton, .busy)] {
            var bench = try unclaimedBench()
            (bench.device.ownerState, bench.device.owner) = (state, HubID("hub-0002"))
            try bench.play(bench.tell(.ordered(id, .claim)))
            #expect(news(in: bench) == [.failed(failure)])
            #expect(kept(in: bench).isEmpty)
        }
    }

    @Test("Codes of SMP itself are not taken for those of the profile")
    func codes() throws {
        var bench = try unclaimedBench()
        bench.tell(.ordered(id, .claim))
        // 5 is owned_by_another in the profile, and "no entry" in SMP.
        try bench.play(bench.tell(.refusedByDevice(code: 5, isOfProfile: false)))
        #expect(news(in: bench) == [.failed(.refusedByDevice(code: 5))])
    }

    @Test("Letting go is noted before the device is told, and after it")
    func releases() throws {
        var device = try TestDevice()
        try device.close(1...1)
        var bench = try SessionBench(device)
        try bench.open()
        try bench.play(bench.tell(.ordered(id, .release)))
        #expect(kept(in: bench) == [.leaving, .left])
        #expect(news(in: bench) == [.done(.released)])
        #expect(bench.device.ownerState == .free)
        #expect(bench.isWaiting)
    }

    @Test("What was cut off between the note and the device is made good by the next session")
    func releaseResumed() throws {
        var bench = try SessionBench(TestDevice())
        bench.registration = .leaving
        try bench.open()
        #expect(kept(in: bench) == [.left])
        #expect(bench.device.ownerState == .free)
        #expect(!bench.commands.contains(.recordList))
    }

    @Test("A press that the hub did not live to note is found by the next session")
    func claimResumed() throws {
        var bench = try SessionBench(TestDevice())
        bench.registration = nil
        try bench.open()
        #expect(kept(in: bench) == [.claimed])
        #expect(bench.commands.contains(.recordList))
    }

    @Test("A device that was taken away at its button is no longer read")
    func takenAway() throws {
        var device = try TestDevice()
        (device.ownerState, device.owner) = (.free, nil)
        var bench = try SessionBench(device)
        try bench.open()
        #expect(kept(in: bench) == [.left])
        #expect(!bench.commands.contains(.recordList))
    }

    @Test("Threat 3: another hub's device is refused before its clock is set or a record read")
    func foreign() throws {
        var device = try TestDevice()
        device.owner = HubID("hub-0002")
        try device.close(1...1)
        for policy in [DeviceSession.UnclaimedPolicy.wait, .use] {
            var bench = try SessionBench(device, unclaimed: policy)
            bench.registration = nil
            try bench.open()
            #expect(bench.end == .refused(.ownedByAnother))
            #expect(bench.commands == [.identity, .attest, .owner])
        }
    }

    @Test("A recalled device is refused before it is asked anything more", arguments: RecallState.allCases)
    func recalled(state: RecallState) throws {
        var bench = try SessionBench(TestDevice())
        let recall = DeviceRecall(serial: bench.device.serial, state: state, reason: "sensor")
        bench.recall = recall
        try bench.open()
        #expect(bench.end == .refused(.recalled(recall)))
        #expect(bench.commands == [.identity, .attest])
        #expect(bench.auditDetails.last?.contains("sensor") == true)
    }

    @Test("An order waits for the answer that is out, and the records go on behind it")
    func between() throws {
        var device = try TestDevice()
        try device.close(1...3)
        var bench = try SessionBench(device)
        var isFirst = true
        let stop = try bench.open { effect in
            guard isFirst, effect.asks(.recordRead) else { return .usual }
            isFirst = false
            return .stop
        }
        #expect(bench.tell(.ordered(id, .identify(seconds: 5))) == [])
        try bench.play([try #require(stop)])
        #expect(news(in: bench) == [.done(.identified)])
        #expect(bench.stored.map(\.sequence) == [1, 2, 3])
    }

    @Test("A self-test is ordered once, and its result told")
    func selfTest() throws {
        var bench = try SessionBench(TestDevice())
        try bench.open()
        let asked = bench.tell(.ordered(id, .selfTest))
        guard case .requestOnce(.write, .selfTest, _, within: .seconds(120))? = asked.first else {
            Issue.record("\(asked)")
            return
        }
        try bench.play(asked)
        #expect(news(in: bench) == [.done(.tested(passed: true))])
    }

    @Test("When the session ends, every order that waited has failed, once")
    func ends() throws {
        var bench = try unclaimedBench()
        bench.tell(.ordered(id, .claim))
        let second = DeviceOrderID(rawValue: 2)
        bench.tell(.ordered(second, .identify(seconds: 1)))
        #expect(
            bench.tell(.linkGone) == [
                .report(id, .failed(.linkLost)), .report(second, .failed(.linkLost)), .close(.linkGone),
            ])
        #expect(bench.tell(.ordered(id, .claim)) == [.report(id, .failed(.linkLost))])
    }

    @Test("Orders that wait are bounded")
    func bounded() throws {
        var bench = try unclaimedBench()
        for number in 1...8 { bench.tell(.ordered(DeviceOrderID(rawValue: UInt64(number)), .claim)) }
        let ninth = DeviceOrderID(rawValue: 9)
        #expect(bench.tell(.ordered(ninth, .claim)) == [.report(ninth, .failed(.tooMany))])
    }
}
