import CORProtocol
import HubCore
import Testing

@Suite("The upstream agrees to whose each device is")
struct RegistrarTests {
    private let serial: DeviceSerial
    private let other: DeviceSerial
    private let evidence = DeviceEvidence(attestation: [1], certificateChain: [[2]])

    init() throws {
        serial = try #require(DeviceSerial("COR1-0001"))
        other = try #require(DeviceSerial("COR1-0002"))
    }

    private func registration(
        _ state: DeviceRegistration.State, of serial: DeviceSerial? = nil
    ) -> DeviceRegistration {
        DeviceRegistration(serial: serial ?? self.serial, state: state, changed: .at(), evidence: evidence)
    }

    private func tell(_ registrar: inout Registrar, _ event: Registrar.Event) -> [Registrar.Effect] {
        registrar.handle(event, at: .at(), chance: 0.5)
    }

    private func kept(_ effects: [Registrar.Effect]) -> [DeviceRegistration.State] {
        effects.compactMap { effect in
            if case .keep(let registration, _, _) = effect { registration.state } else { nil }
        }
    }

    private func timer(_ effects: [Registrar.Effect]) throws -> UInt64 {
        try #require(
            effects.lazy.compactMap { effect in
                if case .startTimer(let id, _) = effect { id } else { nil }
            }.last)
    }

    @Test("What was claimed is registered, what was let go is released, and both are noted")
    func agrees() {
        var registrar = Registrar()
        #expect(tell(&registrar, .changed(registration(.claimed))) == [.register(serial, evidence)])
        let agreed = tell(&registrar, .answered(serial, .agreed))
        #expect(kept(agreed) == [.registered])
        #expect(agreed.contains(.tell(serial, nil)))

        #expect(tell(&registrar, .changed(registration(.left))) == [.release(serial)])
        #expect(kept(tell(&registrar, .answered(serial, .agreed))) == [.released])
    }

    @Test("At the start everything that is open is told, the rest is not", arguments: DeviceRegistration.State.allCases)
    func starts(state: DeviceRegistration.State) {
        var registrar = Registrar()
        let effects = tell(&registrar, .started([registration(state)]))
        switch state {
        case .claimed, .contested: #expect(effects == [.register(serial, evidence)])
        case .left: #expect(effects == [.release(serial)])
        case .registered, .leaving, .released: #expect(effects.isEmpty)
        }
    }

    @Test("One request at a time; a hub that is offline tries again, later and later")
    func offline() throws {
        var registrar = Registrar()
        _ = tell(&registrar, .changed(registration(.claimed)))
        #expect(tell(&registrar, .changed(registration(.claimed, of: other))) == [])
        let failed = tell(&registrar, .answered(serial, .retry(after: nil, cause: .connectionLost)))
        #expect(failed.contains(.tell(serial, "the connection to the upstream was lost")))
        #expect(tell(&registrar, .timerFired(id: try timer(failed))) == [.register(serial, evidence)])
        #expect(tell(&registrar, .answered(serial, .agreed)).last == .register(other, evidence))
    }

    @Test("Another hub's device is noted once, asked for again every hour, and at once when a person wants it")
    func elsewhere() throws {
        var registrar = Registrar()
        _ = tell(&registrar, .changed(registration(.claimed)))
        let first = tell(&registrar, .answered(serial, .elsewhere))
        #expect(kept(first) == [.contested])
        #expect(first.contains(.tell(serial, Registrar.elsewhereExplanation)))
        #expect(tell(&registrar, .timerFired(id: try timer(first))) == [.register(serial, evidence)])
        #expect(kept(tell(&registrar, .answered(serial, .elsewhere))).isEmpty)
        #expect(tell(&registrar, .retryRequested(serial)) == [.register(serial, evidence)])
        #expect(kept(tell(&registrar, .answered(serial, .agreed))) == [.registered])
    }

    @Test("What the upstream refuses stays claimed, is told in its words, and rests for an hour")
    func refused() throws {
        var registrar = Registrar()
        _ = tell(&registrar, .changed(registration(.claimed)))
        let effects = tell(&registrar, .answered(serial, .refused(code: "device-revoked", message: "key copied")))
        #expect(kept(effects).isEmpty)
        #expect(effects.contains(.tell(serial, "device-revoked: key copied")))
        #expect(effects.contains { if case .startTimer(_, Registrar.refusedInterval) = $0 { true } else { false } })
    }

    @Test("A device that is let go while the upstream is asked: the late answer counts for nothing")
    func overtaken() {
        var registrar = Registrar()
        _ = tell(&registrar, .changed(registration(.claimed)))
        #expect(tell(&registrar, .changed(registration(.left))) == [])
        #expect(tell(&registrar, .answered(serial, .agreed)) == [.release(serial)])
        #expect(kept(tell(&registrar, .answered(serial, .agreed))) == [.released])
    }

    @Test("Answers that nobody waits for change nothing")
    func late() {
        var registrar = Registrar()
        #expect(tell(&registrar, .answered(serial, .agreed)) == [])
        #expect(tell(&registrar, .timerFired(id: 7)) == [])
        #expect(tell(&registrar, .retryRequested(serial)) == [])
    }
}
