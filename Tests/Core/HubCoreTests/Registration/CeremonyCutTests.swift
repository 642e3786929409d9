import CORProtocol
import HubCore
import Testing

/// A hub, its device and its upstream through a claim or a release, with the hub's power cut at any step, twice.
private struct Ceremony {
    private struct Cut: Error {}

    private(set) var device: TestDevice
    private(set) var noted: DeviceRegistration?
    private(set) var upstreamOwner: HubID?
    private let hub: HubID
    private var session: DeviceSession
    private var registrar = Registrar()
    /// Steps until the power is cut; each effect has two: before it is performed, and behind it.
    private var stepsLeft: Int
    private(set) var stepCount = 0
    private var timer: UInt64?

    init(owned: Bool, cutAfter steps: Int) throws {
        hub = try #require(HubID("hub-0001"))
        device = try TestDevice()
        if owned {
            noted = DeviceRegistration(serial: device.serial, state: .registered, changed: .at(), evidence: nil)
            upstreamOwner = hub
        } else {
            (device.ownerState, device.owner) = (.free, nil)
        }
        session = Self.session(hub)
        stepsLeft = steps
    }

    private static func session(_ hub: HubID) -> DeviceSession {
        DeviceSession(configuration: .init(hub: hub, link: .usb, address: "usb:COR1-0001", subject: nil))
    }

    /// - Returns: whether the power was cut.
    mutating func play(_ order: DeviceOrder?, pressing: Bool) throws -> Bool {
        do {
            try start()
            if let order { try carryOut(order, pressing: pressing) }
            return false
        } catch is Cut {
            return true
        }
    }

    /// The hub starts again; what was in its memory is gone.
    mutating func restart(cutAfter steps: Int) {
        session = Self.session(hub)
        registrar = Registrar()
        timer = nil
        stepsLeft = steps
        stepCount = 0
    }

    mutating func press() { device.press() }

    mutating func loseNote() { noted = nil }

    /// A claim that nobody pressed the button for is forgotten by the device.
    mutating func letTheButtonTimeOut() {
        if device.ownerState == .awaitingButton { (device.ownerState, device.owner) = (.free, nil) }
    }

    private mutating func start() throws {
        try perform(registrar.handle(.started(noted.map { [$0] } ?? []), at: .at(), chance: 0))
        try perform(session.handle(.linkOpened(nonce: SessionBench.nonce), at: .at()))
    }

    private mutating func carryOut(_ order: DeviceOrder, pressing: Bool) throws {
        try perform(session.handle(.ordered(DeviceOrderID(rawValue: 1), order), at: .at()))
        guard device.ownerState == .awaitingButton else { return }
        if pressing { device.press() } else { letTheButtonTimeOut() }
        if let timer { try perform(session.handle(.timerFired(id: timer), at: .at())) }
    }

    private mutating func step() throws {
        guard stepsLeft > 0 else { throw Cut() }
        stepsLeft -= 1
        stepCount += 1
    }

    private mutating func perform(_ effects: [SessionEffect]) throws {
        for effect in effects {
            try step()
            let event: SessionEvent?
            switch effect {
            case .request(_, let command, let payload), .requestOnce(_, let command, let payload, _):
                event = try device.answer(to: command, payload)
            case .judgeCertificate:
                event = .certificateJudged(.trusted(device.certificate))
            case .recall:
                event = .recalled(KnownDevice(registration: noted?.state))
            case .keepRegistration(let registration, _):
                noted = registration
                event = .registrationKept
            case .startTimer(let id, _):
                timer = id
                event = nil
            case .store: event = .stored
            case .remember, .audit, .publish, .report, .lend, .recallLink, .close: event = nil
            }
            try step()
            if case .keepRegistration(let registration, _) = effect {
                try perform(registrar.handle(.changed(registration), at: .at(), chance: 0))
            }
            if let event { try perform(session.handle(event, at: .at())) }
        }
    }

    private mutating func perform(_ effects: [Registrar.Effect]) throws {
        for effect in effects {
            try step()
            switch effect {
            case .register(let serial, _):
                upstreamOwner = hub
                try step()
                try perform(registrar.handle(.answered(serial, .agreed), at: .at(), chance: 0))
            case .release(let serial):
                upstreamOwner = nil
                try step()
                try perform(registrar.handle(.answered(serial, .agreed), at: .at(), chance: 0))
            case .keep(let registration, let earlier, _):
                if noted?.state == earlier { noted = registration }
                try step()
            case .tell, .startTimer:
                try step()
            }
        }
    }

    /// Where device, hub and upstream differ about the owner once all is calm; nil where they agree.
    var disagreement: String? {
        let isOurs = device.ownerState == .owned && device.owner == hub
        if (upstreamOwner == hub) != isOurs { return "the upstream differs from the device" }
        if device.ownerState == .awaitingButton { return "the device still waits" }
        return switch noted?.state {
        case .registered: isOurs ? nil : "noted, and not ours"
        case nil, .released: isOurs ? "ours, and not noted" : nil
        case .claimed, .contested, .leaving, .left: "still \(noted?.state as Any)"
        }
    }
}

@Suite("Cuts of the hub's power through claim and release")
struct CeremonyCutTests {
    /// Every pair of a first cut and of a second one in the start behind it; then a start that nothing cuts.
    private func cuts(_ order: DeviceOrder, owned: Bool, pressing: Bool) throws -> Int {
        var uncut = try Ceremony(owned: owned, cutAfter: .max)
        #expect(try !uncut.play(order, pressing: pressing))
        #expect(uncut.disagreement == nil)
        var pointCount = 0
        for first in 0..<uncut.stepCount {
            var second = 0
            while true {
                var ceremony = try Ceremony(owned: owned, cutAfter: first)
                #expect(try ceremony.play(order, pressing: pressing))
                ceremony.restart(cutAfter: second)
                let isCutAgain = try ceremony.play(nil, pressing: false)
                // A person may still press while the hub is off; a claim that nobody agrees to ends by itself.
                if !pressing { ceremony.letTheButtonTimeOut() } else { pressOrTimeOut(&ceremony, second) }
                ceremony.restart(cutAfter: .max)
                #expect(try !ceremony.play(nil, pressing: false))
                #expect(ceremony.disagreement == nil, "\(order), cut after \(first) and \(second) steps")
                pointCount += 1
                guard isCutAgain else { break }
                second += 1
            }
        }
        return pointCount
    }

    private func pressOrTimeOut(_ ceremony: inout Ceremony, _ second: Int) {
        if second.isMultiple(of: 2) { ceremony.press() }
        ceremony.letTheButtonTimeOut()
    }

    @Test("However often the power is cut, device, hub and upstream agree in the end, and the device has one owner")
    func agreement() throws {
        let count =
            try cuts(.claim, owned: false, pressing: true) + cuts(.claim, owned: false, pressing: false)
            + cuts(.release, owned: true, pressing: false)
        print("\(count) pairs of cuts through claim and release")
        #expect(count > 1_000)
    }

    @Test("A note that was lost is made again from what the device says")
    func lostNote() throws {
        var ceremony = try Ceremony(owned: true, cutAfter: .max)
        ceremony.loseNote()
        #expect(try !ceremony.play(nil, pressing: false))
        #expect(ceremony.disagreement == nil)
    }

    @Test("Control: an agreement that is not there is found")
    func control() throws {
        var ceremony = try Ceremony(owned: true, cutAfter: .max)
        ceremony.loseNote()
        #expect(ceremony.disagreement == "ours, and not noted")
    }
}
