import CBORCoding
package import CORProtocol
import SMPProtocol

/// The hub's side of one conversation with one COR One over one link.
///
/// identify → judge the certificate → attest over a fresh nonce → owner → clock → status → records, then wait for events.
/// A device that is nobody's waits for a person behind `owner`, unless the configuration lets it be used. One request is outstanding at a time. Nothing is acknowledged before the store said that it is durable; what was
/// sent and never answered is uncertain, and the device's state is read before anything else
/// (firmware-specs/device-behaviour.md).
package struct DeviceSession: Sendable {
    package struct Configuration: Sendable {
        package var hub: HubID
        package var link: LinkKind
        package var address: String
        package var subject: SubjectID?
        /// Devices without a certificate are worked with, and everything from them is marked link-only.
        package var allowsUncertified: Bool
        package var unclaimed: UnclaimedPolicy
        package var limits: SessionLimits

        package init(
            hub: HubID, link: LinkKind, address: String, subject: SubjectID?, allowsUncertified: Bool = false,
            unclaimed: UnclaimedPolicy = .wait, limits: SessionLimits = .init()
        ) {
            self.hub = hub
            self.link = link
            self.address = address
            self.subject = subject
            self.allowsUncertified = allowsUncertified
            self.unclaimed = unclaimed
            self.limits = limits
        }
    }

    /// What is done with a device that is nobody's.
    package enum UnclaimedPolicy: Sendable, Hashable {
        /// Nothing, until a person claims it.
        case wait
        /// It is worked with as if it were this hub's; for benches.
        case use
    }

    enum State {
        case idle
        case identifying(nonce: [UInt8])
        case judging(IdentityResponse, nonce: [UInt8])
        case attesting(SessionPeer, nonce: [UInt8])
        case recalling(SessionPeer)
        /// It is found out whose the device is, or that changes.
        case owning(SessionPeer, Owning)
        case readingClock(SessionPeer)
        case settingClock(SessionPeer)
        case connected(SessionPeer, Activity)
        case ended
    }

    /// What is under way about whose the device is, and for a person.
    enum Owning {
        case reading
        /// The store is told how far the hub is with owning the device.
        case noting(DeviceRegistration.State, then: AfterNoting)
        /// Nobody's: a person may claim it.
        case unclaimed(timer: UInt64)
        case ordered(OrderStep)
        /// The device is told that it is nobody's; for an order, or to make good an earlier one.
        case releasing(for: DeviceOrderID?)
    }

    /// What is under way with an attested device.
    enum Activity {
        case readingStatus
        case subscribing
        case acknowledging(upTo: UInt64, remaining: RecordQueue)
        case listing(RecordQueue)
        case reading(RecordFetch, remaining: RecordQueue)
        case storing(DeviceDelivery, remaining: RecordQueue)
        /// `isForHint`: an announcement of the device is looked at when the timer fires.
        case waiting(timer: UInt64, isForHint: Bool)
    }

    let configuration: Configuration
    /// Every record of the device up to this sequence is durable here or named as a gap.
    var handledUpTo: UInt64 = 0
    var refusedCount = 0
    /// False from a sequence that went back until the next record: what is missing before it cannot be told.
    var namesMissing = true
    var state: State = .idle
    /// As the store has it.
    var registration: DeviceRegistration.State?
    /// In the order in which they came; the first is under way or the next.
    var orders: [(id: DeviceOrderID, order: DeviceOrder)] = []
    /// The order under way was taken back.
    var isWithdrawn = false
    var timerCount: UInt64 = 0
    var isSubscribed = false
    /// CLOCK_BOOTTIME in ns at which the store was last told of the device.
    var rememberedAt: UInt64?
    /// An event of the device came while a request was outstanding, or too soon after the one before.
    var hints: Set<Hint> = []
    /// CLOCK_BOOTTIME in ns of the last look that an event caused.
    var hintFollowedAt: UInt64?
    var liveSamples: LiveSampleAllowance
    /// Bytes of a record whose reading was cut off; the next session goes on from there.
    package internal(set) var interrupted: RecordFetch?

    enum Hint: Hashable {
        case records
        case status
    }

    /// The device, from when it has shown who it is until the hub's own knowledge of it is recalled.
    package var recalledDevice: ReachedDevice? {
        guard case .recalling(let peer) = state else { return nil }
        return ReachedDevice(serial: peer.serial, trust: peer.trust)
    }

    package init(configuration: Configuration) {
        self.configuration = configuration
        liveSamples = LiveSampleAllowance(configuration.limits)
    }

    /// Advances the session. The caller performs the effects in order.
    ///
    /// - Parameter now: the hub's clocks at the event.
    package mutating func handle(_ event: SessionEvent, at now: TimeBlock) -> [SessionEffect] {
        if let effects = handleOwnership(event, at: now) { return effects }
        switch (state, event) {
        case (.ended, _):
            return []  // Late news of a link that is given up.

        case (.idle, .linkOpened(let nonce)):
            state = .identifying(nonce: nonce)
            return [.request(.read, .identity, payload: EmptyMessage().encoded())]

        case (.identifying(let nonce), .answered(let payload)):
            return identified(payload, nonce: nonce, at: now)

        case (.judging(let identity, let nonce), .certificateJudged(let verdict)):
            return judged(verdict, identity: identity, nonce: nonce, at: now)

        case (.attesting(let peer, let nonce), .answered(let payload)):
            return attested(payload, peer: peer, nonce: nonce, at: now)

        case (.recalling(let peer), .recalled(let known)):
            return recalled(known, peer: peer, at: now)

        case (.readingClock(let peer), .answered(let payload)):
            return clockRead(payload, peer: peer, at: now)

        case (.settingClock(let peer), .answered(let payload)):
            return clockSet(payload, peer: peer)

        case (.settingClock(let peer), .refusedByDevice):
            // A device that does not let its clock be set is worked with all the same: the offset is known.
            return readStatus(peer)

        case (.connected(let peer, let activity), .answered(let payload)):
            return answered(payload, peer: peer, activity: activity, at: now)

        case (.connected(let peer, let activity), .refusedByDevice(let code, _)):
            return refusedByDevice(code, peer: peer, activity: activity, at: now)

        case (.connected(let peer, .storing(let delivery, let remaining)), .stored):
            return stored(delivery, peer: peer, remaining: remaining, at: now)

        case (.connected, .notStored):
            return end(.storageRefused)

        case (.connected(let peer, .waiting(let timer, let isForHint)), .timerFired(let id)) where id == timer:
            if isForHint { hintFollowedAt = now.boottimeNanoseconds }
            return readStatus(peer)

        case (.connected(let peer, let activity), .notified(let command, let payload)):
            return notified(command, payload, peer: peer, activity: activity, at: now)

        case (.connected(let peer, .acknowledging(_, let remaining)), .unanswered):
            return acknowledgementUnanswered(peer, remaining: remaining)

        case (_, .unanswered):
            keepInterruptedRead()
            return end(.silent)

        case (_, .linkGone):
            keepInterruptedRead()
            return end(.linkGone)

        case (.identifying, .refusedByDevice):
            return refuse(.malformedIdentity, at: now)

        case (.attesting, .refusedByDevice):
            return refuse(.malformedAttestation, at: now)

        case (.readingClock(let peer), .refusedByDevice):
            return readStatus(peer)

        case (_, .timerFired), (_, .notified), (_, .stored), (_, .notStored), (_, .certificateJudged),
            (_, .recalled), (_, .linkOpened), (_, .registrationKept), (_, .registrationNotKept), (_, .ordered),
            (_, .orderWithdrawn), (_, .stepEnded), (.idle, _), (.judging, _), (.recalling, _), (.owning, _):
            return []  // Outlived, or out of turn: a link may repeat and delay.
        }
    }

    mutating func end(_ reason: SessionEnd) -> [SessionEffect] {
        state = .ended
        return failOrders(DeviceOrderFailure(reason)) + [.close(reason)]
    }

    /// Ends the session because of what the device is or says, and leaves a trace of it.
    mutating func refuse(_ refusal: SessionRefusal, at now: TimeBlock) -> [SessionEffect] {
        let audit = AuditDraft(
            .certificateRefused, actor: .deviceSession, subject: configuration.address, outcome: .refused, time: now,
            detail: "\(refusal.code): \(refusal.explanation)")
        return [.audit(audit), .publish(.deviceRefused(address: configuration.address, refusal: refusal))]
            + end(.refused(refusal))
    }

    private mutating func keepInterruptedRead() {
        if case .connected(_, .reading(let fetch, _)) = state {
            interrupted = fetch
        }
    }
}

extension AuditActor {
    package static let deviceSession = AuditActor(component: "device-session")
    package static let forwarder = AuditActor(component: "forwarder")
    package static let agent = AuditActor(component: "agent")
}
