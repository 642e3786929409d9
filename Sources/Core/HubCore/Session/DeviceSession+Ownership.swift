import CBORCoding
import CORProtocol
import SMPProtocol

// Whose the device is, and what follows from it: it is worked with, it waits for a person, or it is refused.
extension DeviceSession {
    /// What these events mean for it; nil for the rest of the session's.
    mutating func handleOwnership(_ event: SessionEvent, at now: TimeBlock) -> [SessionEffect]? {
        switch event {
        case .ordered(let id, let order):
            if case .ended = state { return [.report(id, .failed(.linkLost))] }
            return ordered(id, order, at: now)
        case .orderWithdrawn(let id):
            return withdrawn(id)
        default:
            guard case .owning(let peer, let owning) = state else { return nil }
            return handle(event, owning, peer, at: now)
        }
    }

    private mutating func handle(
        _ event: SessionEvent, _ owning: Owning, _ peer: SessionPeer, at now: TimeBlock
    ) -> [SessionEffect]? {
        switch (owning, event) {
        case (.reading, .answered(let payload)):
            return ownerRead(payload, peer: peer, at: now)
        case (.reading, .refusedByDevice):
            return checkOwner(.nobody, peer, at: now)

        case (.noting(let noted, let next), .registrationKept):
            return registrationKept(noted, peer, then: next, at: now)
        case (.noting, .registrationNotKept):
            return end(.storageRefused)

        case (.unclaimed(let timer), .timerFired(let id)) where id == timer:
            return readOwner(peer)

        case (.ordered(.lent), .stepEnded(let result)):
            return stepEnded(result, peer, at: now)
        case (.ordered(let step), .answered(let payload)):
            return orderAnswered(payload, step: step, peer, at: now)
        case (.ordered(let step), .refusedByDevice(let code, let isOfProfile)):
            return orderRefused(code, isOfProfile: isOfProfile, step: step, peer, at: now)
        case (.ordered(.claiming), .unanswered):
            // Uncertain: the device may wait for its button or not. It tells.
            state = .owning(peer, .ordered(.checkingClaim))
            return [.request(.read, .owner, payload: EmptyMessage().encoded())]
        case (.ordered(.awaitingButton(let timer, let until)), .timerFired(let id)) where id == timer:
            return readClaim(peer, until: until)
        case (.ordered(.awaitingButton(_, let until)), .notified(let command, _))
        where command == CORCommand.stateChanged.rawValue:
            return readClaim(peer, until: until)

        case (.releasing(let id), .answered(let payload)):
            return released(payload, for: id, peer, at: now)
        case (.releasing(let id), .refusedByDevice):
            // It is not this hub's any more: somebody was faster.
            return noteRelease(for: id, peer, at: now)

        default:
            return nil
        }
    }

    mutating func recalled(_ known: KnownDevice, peer: SessionPeer, at now: TimeBlock) -> [SessionEffect] {
        // Whoever leaves the certificate away must not speak for a device that has one.
        if known.wasAttested, peer.trust == .linkOnly { return refuse(.certificateWithheld, at: now) }
        if let recall = known.recall { return refuse(.recalled(recall), at: now) }
        handledUpTo = known.newestSequence
        interrupted = known.interrupted
        registration = known.registration
        return readOwner(peer)
    }

    mutating func readOwner(_ peer: SessionPeer) -> [SessionEffect] {
        state = .owning(peer, .reading)
        return [.request(.read, .owner, payload: EmptyMessage().encoded())]
    }

    mutating func ownerRead(_ payload: [UInt8], peer: SessionPeer, at now: TimeBlock) -> [SessionEffect] {
        guard let response = decoded(OwnerResponse.self, payload) else {
            return refuse(.malformedAnswer(command: CORCommand.owner.rawValue), at: now)
        }
        return checkOwner(OwnershipCheck.Owner(response, hub: configuration.hub), peer, at: now)
    }

    /// Of the owner that the device names, or of nobody where it does not know the command.
    mutating func checkOwner(
        _ owner: OwnershipCheck.Owner, _ peer: SessionPeer, at now: TimeBlock
    ) -> [SessionEffect] {
        var peer = peer
        peer.isOurs = owner == .thisHub
        let check = OwnershipCheck(owner, noted: registration)
        switch check.step {
        case .note(let noted):
            let detail = check.remark ?? "let go"
            if owner == .anotherHub {
                // The device is refused all the same; what is noted need not be awaited.
                return note(noted, peer, detail: detail, at: now) + refuse(.ownedByAnother, at: now)
            }
            state = .owning(peer, .noting(noted, then: .settle))
            return note(noted, peer, detail: detail, at: now)
        case .releaseOnDevice:
            return release(peer, for: nil)
        case nil:
            return owner == .anotherHub ? refuse(.ownedByAnother, at: now) : settle(peer, at: now)
        }
    }

    /// Has this state made durable; `.registrationKept` follows.
    func note(
        _ noted: DeviceRegistration.State, _ peer: SessionPeer, detail: String, at now: TimeBlock
    ) -> [SessionEffect] {
        let evidence = peer.attestation.map {
            DeviceEvidence(attestation: $0, certificateChain: peer.identity.certificateChain)
        }
        return [
            .keepRegistration(
                DeviceRegistration(serial: peer.serial, state: noted, changed: now, evidence: evidence),
                AuditDraft(
                    .registration, actor: .deviceSession, subject: peer.serial.text, outcome: .done, time: now,
                    detail: "\(noted): \(detail)"))
        ]
    }

    /// Works with the device, or waits until it is claimed; orders come first.
    mutating func settle(_ peer: SessionPeer, at now: TimeBlock) -> [SessionEffect] {
        if let order = orders.first { return begin(order, peer, at: now) }
        guard peer.isOurs || configuration.unclaimed == .use else { return waitUnclaimed(peer) }
        return peer.wasConnected ? readStatus(peer) : readClock(peer)
    }

    private mutating func waitUnclaimed(_ peer: SessionPeer) -> [SessionEffect] {
        timerCount += 1
        state = .owning(peer, .unclaimed(timer: timerCount))
        return [
            .publish(
                .deviceUnclaimed(
                    serial: peer.serial, link: configuration.link, address: configuration.address, trust: peer.trust)),
            .startTimer(id: timerCount, after: configuration.limits.pollInterval),
        ]
    }

    mutating func registrationKept(
        _ noted: DeviceRegistration.State, _ peer: SessionPeer, then next: AfterNoting, at now: TimeBlock
    ) -> [SessionEffect] {
        registration = noted
        switch next {
        case .settle: return settle(peer, at: now)
        case .finish(let result): return finish(.done(result), peer, at: now)
        case .release: return release(peer, for: orders.first?.id)
        }
    }
}
