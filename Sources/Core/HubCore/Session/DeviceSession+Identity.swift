import CBORCoding
import CORProtocol
package import COSESigning
import Crypto
import SMPProtocol

// From the first answer to an attested device with a known clock.
extension DeviceSession {
    /// The profile version of firmware-specs that this hub speaks.
    static let profileVersion: UInt32 = 1

    mutating func identified(_ payload: [UInt8], nonce: [UInt8], at now: TimeBlock) -> [SessionEffect] {
        guard let identity = decoded(IdentityResponse.self, payload) else {
            return refuse(.malformedIdentity, at: now)
        }
        guard identity.profileVersion == Self.profileVersion else {
            return refuse(.unsupportedProfile(version: UInt64(identity.profileVersion)), at: now)
        }
        guard identity.certificateChain.isEmpty else {
            state = .judging(identity, nonce: nonce)
            return [.judgeCertificate(chain: identity.certificateChain)]
        }
        guard configuration.allowsUncertified else {
            return refuse(.certificateMissing, at: now)
        }
        return recall(
            SessionPeer(identity: identity, trust: .linkOnly, key: nil, certificateThumbprint: nil))
    }

    mutating func judged(
        _ verdict: DeviceCertificateVerdict, identity: IdentityResponse, nonce: [UInt8], at now: TimeBlock
    ) -> [SessionEffect] {
        switch verdict {
        case .refused(let reason):
            return refuse(.certificateRefused(reason.description), at: now)

        case .trusted(let certificate):
            guard certificate.serial == identity.serial else {
                return refuse(.serialDiffersFromCertificate, at: now)
            }
            guard let key = COSEPublicKey(x963P256: certificate.publicKey) else {
                return refuse(.certificateRefused("its key cannot be used"), at: now)
            }
            let peer = SessionPeer(
                identity: identity, trust: .attested, key: key, certificateThumbprint: certificate.thumbprint)
            state = .attesting(peer, nonce: nonce)
            let request = AttestRequest(nonce: nonce, hub: configuration.hub, link: configuration.link)
            return [.request(.write, .attest, payload: request.encoded())]
        }
    }

    mutating func attested(
        _ payload: [UInt8], peer: SessionPeer, nonce: [UInt8], at now: TimeBlock
    ) -> [SessionEffect] {
        guard let response = decoded(AttestResponse.self, payload),
            let attestation = SignedAttestation(ifSound: response.attestation)
        else {
            return refuse(.malformedAttestation, at: now)
        }
        guard let key = peer.key, attestation.verdict(key: key) == .valid else {
            return refuse(.attestationSignatureInvalid, at: now)
        }
        let signed = attestation.payload
        // Each bound field counters one replay: of an old answer, to another hub, of another device, over another link.
        if signed.nonce != nonce { return refuse(.attestationDiffers(field: "nonce"), at: now) }
        if signed.hub != configuration.hub { return refuse(.attestationDiffers(field: "hub"), at: now) }
        if signed.serial != peer.serial { return refuse(.attestationDiffers(field: "serial"), at: now) }
        if signed.link != configuration.link { return refuse(.attestationDiffers(field: "link kind"), at: now) }

        let audit = AuditDraft(
            .certificateAccepted, actor: .deviceSession, subject: peer.serial.text, outcome: .accepted, time: now,
            detail: "attested over \(configuration.link.rawValue)")
        var peer = peer
        peer.attestation = response.attestation
        return [.audit(audit)] + recall(peer)
    }

    /// How a state report is asked for and judged while the link is lent; nil for a device that cannot sign one.
    ///
    /// - Parameter nonce: 32 fresh random bytes.
    package func stateReportCheck(nonce: [UInt8]) -> StateReportCheck? {
        guard case .owning(let peer, .ordered(.lent)) = state, let key = peer.key,
            let thumbprint = peer.certificateThumbprint,
            peer.identity.capabilities.contains(AttestRequest.stateCapability)
        else { return nil }
        return StateReportCheck(
            nonce: nonce, hub: configuration.hub, link: configuration.link, serial: peer.serial, key: key,
            certificateThumbprint: thumbprint)
    }

    private mutating func recall(_ peer: SessionPeer) -> [SessionEffect] {
        state = .recalling(peer)
        return [.recall(peer.serial)]
    }

    mutating func readClock(_ peer: SessionPeer) -> [SessionEffect] {
        var peer = peer
        peer.wasConnected = true
        state = .readingClock(peer)
        let connected = MonitorEvent.deviceConnected(
            serial: peer.serial, link: configuration.link, address: configuration.address, trust: peer.trust)
        return [.publish(connected), .request(.read, .clock, payload: EmptyMessage().encoded())]
    }

    /// The offset is taken before the clock is set, so that earlier records can be dated by it.
    mutating func clockRead(_ payload: [UInt8], peer: SessionPeer, at now: TimeBlock) -> [SessionEffect] {
        guard let clock = decoded(ClockResponse.self, payload) else {
            return refuse(.malformedAnswer(command: CORCommand.clock.rawValue), at: now)
        }
        var peer = peer
        if let device = clock.wallMilliseconds {
            peer.clockOffsetMilliseconds = device - now.wallMilliseconds
        }
        let observed = SessionEffect.publish(
            .clockSet(serial: peer.serial, offsetMilliseconds: peer.clockOffsetMilliseconds))

        // A hub that stands in 1970 must not take the device along.
        guard now.wallMilliseconds >= configuration.limits.clockFloorMilliseconds else {
            return readStatus(peer)
        }
        state = .settingClock(peer)
        let request = ClockSetRequest(wallMilliseconds: now.wallMilliseconds)
        return [.request(.write, .clock, payload: request.encoded()), observed]
    }

    /// The answer to a write gives the values before it (firmware-specs/cddl/group64.cddl).
    mutating func clockSet(_ payload: [UInt8], peer: SessionPeer) -> [SessionEffect] {
        var peer = peer
        peer.clockSetAtUptime = decoded(ClockResponse.self, payload)?.uptimeMilliseconds
        return readStatus(peer)
    }

    /// What a device says by SMP may use indefinite lengths, so it is read tolerantly, within limits.
    func decoded<Shape: CBORShape>(_ shape: Shape.Type, _ payload: [UInt8]) -> Shape? {
        do {
            return try Shape(decoding: payload, mode: .tolerant)
        } catch {
            return nil
        }
    }
}

extension SignedAttestation {
    /// Nil when the bytes are no attestation; why does not matter to the caller.
    init?(ifSound bytes: [UInt8]) {
        do {
            try self.init(decoding: bytes)
        } catch {
            return nil
        }
    }
}

extension COSEPublicKey {
    /// Nil when the bytes are no point on P-256. X9.63 uncompressed, 65 bytes.
    package init?(x963P256 bytes: [UInt8]) {
        do {
            self = .p256(try P256.Signing.PublicKey(x963Representation: bytes))
        } catch {
            return nil
        }
    }
}
