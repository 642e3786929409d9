package import CORProtocol

/// Has the upstream agree to whose each device is: says what was claimed and what was let go, until it has said yes.
///
/// One request is outstanding at a time, the oldest change first. What the upstream does not take is tried again: it may
/// have been told by the other hub, or by its operator, in the meantime.
package struct Registrar: Sendable {
    package enum Event: Sendable, Equatable {
        /// What the store has, once at the start.
        case started([DeviceRegistration])
        /// A device was claimed or let go, and that is durable.
        case changed(DeviceRegistration)
        case answered(DeviceSerial, RegistryAnswer)
        case timerFired(id: UInt64)
        /// A person wants it tried now.
        case retryRequested(DeviceSerial)
    }

    package enum Effect: Sendable, Equatable {
        /// Ask the upstream, then report `.answered`.
        case register(DeviceSerial, DeviceEvidence?)
        case release(DeviceSerial)
        /// Keep this with its audit entry, durably, if the store still has the earlier state: the device may have been
        /// claimed or let go in the meantime.
        case keep(DeviceRegistration, insteadOf: DeviceRegistration.State, AuditDraft)
        /// Of what waits for this device: why, or nil where it was done.
        case tell(DeviceSerial, String?)
        case startTimer(id: UInt64, after: Duration)
    }

    /// Between two attempts at what the upstream refused.
    package static let refusedInterval = Duration.seconds(3_600)

    private let backoff: BackoffPolicy
    /// What the upstream is still to be told, in the order of the changes.
    private var waiting: [DeviceRegistration] = []
    /// Told, and refused: when the timer fires it is told again.
    private var resting: [UInt64: DeviceRegistration] = [:]
    private var asked: DeviceRegistration?
    private var delay: Duration?
    private var retryTimer: UInt64?
    private var timerCount: UInt64 = 0

    package init(backoff: BackoffPolicy = BackoffPolicy()) {
        self.backoff = backoff
    }

    /// Advances the registrar. The caller performs the effects in order.
    ///
    /// - Parameter chance: drawn by the caller, in 0..<1; spreads delays.
    package mutating func handle(_ event: Event, at now: TimeBlock, chance: Double) -> [Effect] {
        switch event {
        case .started(let registrations):
            for registration in registrations { take(registration) }
            return ask()
        case .changed(let registration):
            take(registration)
            return ask()
        case .retryRequested(let serial):
            for (id, registration) in resting where registration.serial == serial {
                resting[id] = nil
                waiting.insert(registration, at: 0)
            }
            retryTimer = nil
            return ask()
        case .timerFired(let id):
            if id == retryTimer { retryTimer = nil }
            if let registration = resting.removeValue(forKey: id) { waiting.append(registration) }
            return ask()
        case .answered(let serial, let answer):
            guard let registration = asked, registration.serial == serial else { return [] }
            asked = nil
            return answered(registration, answer, at: now, chance: chance) + ask()
        }
    }

    /// What is new of a device takes the place of what was to be told of it.
    private mutating func take(_ registration: DeviceRegistration) {
        waiting.removeAll { $0.serial == registration.serial }
        resting = resting.filter { $0.value.serial != registration.serial }
        switch registration.state {
        case .claimed, .contested, .left: waiting.append(registration)
        case .registered, .leaving, .released: break
        }
    }

    private mutating func ask() -> [Effect] {
        guard asked == nil, retryTimer == nil, !waiting.isEmpty else { return [] }
        let registration = waiting.removeFirst()
        asked = registration
        return registration.state == .left
            ? [.release(registration.serial)] : [.register(registration.serial, registration.evidence)]
    }

    private mutating func answered(
        _ registration: DeviceRegistration, _ answer: RegistryAnswer, at now: TimeBlock, chance: Double
    ) -> [Effect] {
        // What happened to the device while the upstream was asked counts more than the answer.
        let isOutlived = waiting.contains { $0.serial == registration.serial }
        if case .retry(let after, let cause) = answer {
            if !isOutlived { waiting.insert(registration, at: 0) }
            let next = backoff.delay(after: delay, asked: after, spread: .seconds(60), chance: chance)
            delay = next
            timerCount += 1
            retryTimer = timerCount
            return [.tell(registration.serial, "\(cause)"), .startTimer(id: timerCount, after: next)]
        }
        delay = nil
        guard !isOutlived else { return [] }
        switch (answer, registration.state == .left) {
        case (.agreed, let isLeft):
            let state: DeviceRegistration.State = isLeft ? .released : .registered
            return [
                keeping(registration, state, .done, "the upstream agreed", at: now), .tell(registration.serial, nil),
            ]
        case (.elsewhere, _):
            let told = Self.elsewhereExplanation
            return rest(registration, .contested, "the upstream has it as another hub's", told, at: now)
        case (.refused(let code, let message), _):
            let reason = "\(code.clipped(toLength: 64)): \(message.clipped(toLength: 256))"
            return rest(registration, registration.state, "refused by the upstream, \(reason)", reason, at: now)
        case (.retry, _):
            return []
        }
    }

    private mutating func rest(
        _ registration: DeviceRegistration, _ state: DeviceRegistration.State, _ detail: String, _ told: String,
        at now: TimeBlock
    ) -> [Effect] {
        timerCount += 1
        var noted = registration
        noted.state = registration.state == .left ? .left : state
        resting[timerCount] = noted
        var effects: [Effect] = [
            .tell(registration.serial, told), .startTimer(id: timerCount, after: Self.refusedInterval),
        ]
        // Once; the attempts after it find it noted already.
        if noted.state != registration.state {
            effects.insert(keeping(registration, noted.state, .refused, detail, at: now), at: 0)
        }
        return effects
    }

    private func keeping(
        _ registration: DeviceRegistration, _ state: DeviceRegistration.State, _ outcome: AuditOutcome,
        _ detail: String, at now: TimeBlock
    ) -> Effect {
        var kept = registration
        kept.state = state
        kept.changed = now
        return .keep(
            kept, insteadOf: registration.state,
            AuditDraft(
                .registration, actor: .registrar, subject: kept.serial.text, outcome: outcome, time: now,
                detail: "\(state): \(detail)"))
    }
}

extension AuditActor {
    package static let registrar = AuditActor(component: "registrar")
}

extension Registrar {
    /// What to do where the upstream has the device as another hub's.
    package static let elsewhereExplanation =
        "the upstream has this device as another hub's: release it there (`corhub device unpair`), or ask your operator "
        + "to release it (`corhub-upstream device release`)"
}
