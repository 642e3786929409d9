import CBORCoding
import CORProtocol
import HubCore
import SMPProtocol
import Testing

/// A session and the device, the certificates and the store around it, played step by step without time.
struct SessionBench {
    enum Reply {
        /// What an honest device and a sound hub say.
        case usual
        case event(SessionEvent)
        /// Ends `play`; the test goes on by itself.
        case stop
    }

    static let nonce = [UInt8](repeating: 0x5A, count: 32)

    var device: TestDevice
    let hub: HubID
    private(set) var session: DeviceSession
    var now: TimeBlock = .at()
    /// What the store tells when it is asked for the device, and then what became durable.
    var newestDurable: UInt64 = 0
    var interrupted: RecordFetch?
    var wasAttested = false
    var registration: DeviceRegistration.State? = .registered
    var recall: DeviceRecall?
    private(set) var stored: [DeviceDelivery] = []
    /// All effects since the start, in order.
    private(set) var effects: [SessionEffect] = []

    /// Effects in one `play`; a session that goes beyond would not come to an end.
    private static let effectCountMax = 20_000

    init(
        _ device: TestDevice, limits: SessionLimits = .init(), allowsUncertified: Bool = false,
        subject: SubjectID? = nil, unclaimed: DeviceSession.UnclaimedPolicy = .wait
    ) throws {
        self.device = device
        hub = try #require(HubID("hub-0001"))
        session = DeviceSession(
            configuration: .init(
                hub: hub, link: .udp, address: "udp://127.0.0.1:1337", subject: subject,
                allowsUncertified: allowsUncertified, unclaimed: unclaimed, limits: limits))
    }

    /// Tells the session one event, and returns what it asks for.
    @discardableResult
    mutating func tell(_ event: SessionEvent) -> [SessionEffect] {
        let asked = session.handle(event, at: now)
        effects += asked
        return asked
    }

    /// Opens the link and plays until the session waits for a timer, closes, or `reply` stops it.
    ///
    /// - Returns: the effect at which it stopped.
    @discardableResult
    mutating func open(_ reply: (SessionEffect) throws -> Reply = { _ in .usual }) throws -> SessionEffect? {
        try play(tell(.linkOpened(nonce: Self.nonce)), reply)
    }

    /// Performs these effects, and what comes of them.
    @discardableResult
    mutating func play(
        _ first: [SessionEffect], _ reply: (SessionEffect) throws -> Reply = { _ in .usual }
    ) throws -> SessionEffect? {
        var waiting = first
        var count = 0
        while !waiting.isEmpty {
            let effect = waiting.removeFirst()
            count += 1
            try #require(count <= Self.effectCountMax, "the session does not come to rest")
            switch try reply(effect) {
            case .stop:
                return effect
            case .event(let event):
                waiting += tell(event)
            case .usual:
                if let event = try usual(effect) { waiting += tell(event) }
            }
        }
        return nil
    }

    private mutating func usual(_ effect: SessionEffect) throws -> SessionEvent? {
        switch effect {
        case .request(_, let command, let payload), .requestOnce(_, let command, let payload, _):
            return try device.answer(to: command, payload)
        case .judgeCertificate:
            return .certificateJudged(.trusted(device.certificate))
        case .recall:
            return .recalled(
                KnownDevice(
                    newestSequence: newestDurable, interrupted: interrupted, wasAttested: wasAttested,
                    registration: registration, recall: recall))
        case .keepRegistration(let kept, _):
            registration = kept.state
            return .registrationKept
        case .store(let delivery):
            stored.append(delivery)
            newestDurable = max(newestDurable, delivery.sequence)
            return .stored
        case .startTimer, .remember, .audit, .publish, .report, .lend, .recallLink, .close:
            return nil
        }
    }

    // What the effects say.

    var commands: [CORCommand] {
        effects.compactMap { effect in
            switch effect {
            case .request(_, let command, _), .requestOnce(_, let command, _, _): command
            default: nil
            }
        }
    }

    var acknowledged: [UInt64] {
        get throws {
            try effects.compactMap { effect in
                guard case .request(_, .recordAcknowledge, let payload) = effect else { return nil }
                return try RecordAcknowledgeRequest(decoding: payload).upToSequence
            }
        }
    }

    var end: SessionEnd? {
        for case .close(let end) in effects { return end }
        return nil
    }

    var auditDetails: [String] {
        effects.compactMap { effect in
            if case .audit(let draft) = effect { draft.detail } else { nil }
        }
    }

    var lastTimer: UInt64? {
        for case .startTimer(let id, _) in effects.reversed() { return id }
        return nil
    }

    var isWaiting: Bool {
        if case .startTimer = effects.last { true } else { false }
    }
}

extension DeviceDelivery {
    var refusal: RecordRefusalReason? {
        if case .refused(_, let reason) = content { reason } else { nil }
    }
}

extension SessionEffect {
    /// Whether this is a request of that command.
    func asks(_ wanted: CORCommand) -> Bool {
        if case .request(_, wanted, _) = self { true } else { false }
    }
}
