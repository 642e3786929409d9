package import CORProtocol
package import COSESigning

/// What a device's state report has to show, for a hub that asks for one: the session's proof, with a nonce of its own.
///
/// firmware-specs/device-behaviour.md, section 2.
package struct StateReportCheck: Sendable {
    package enum Finding: Sendable, Hashable {
        /// The device cannot sign its state, or has no certificate.
        case notAsked
        case verified(DeviceState, DeviceEvidence)
        /// - Parameter code: what is wrong with it, stable.
        case refused(code: String)
    }

    /// 32 fresh random bytes.
    package let nonce: [UInt8]
    package let hub: HubID
    package let link: LinkKind
    package let serial: DeviceSerial
    /// Of the certificate that was judged in this session.
    package let key: COSEPublicKey
    package let certificateThumbprint: SHA256Hash

    package init(
        nonce: [UInt8], hub: HubID, link: LinkKind, serial: DeviceSerial, key: COSEPublicKey,
        certificateThumbprint: SHA256Hash
    ) {
        self.nonce = nonce
        self.hub = hub
        self.link = link
        self.serial = serial
        self.key = key
        self.certificateThumbprint = certificateThumbprint
    }

    package var request: AttestRequest {
        AttestRequest(nonce: nonce, hub: hub, link: link, wantsState: true)
    }

    /// - Parameters:
    ///   - bytes: `signed-attestation`.
    ///   - identity: what the device said of itself just before.
    ///   - runningHash: of the running image, as image management lists it.
    package func finding(on bytes: [UInt8], by identity: IdentityResponse, runningHash: [UInt8]?) -> Finding {
        guard let attestation = SignedAttestation(ifSound: bytes) else { return .refused(code: "malformed") }
        guard identity.certificateChain.first.map({ SHA256Hash.of($0) }) == certificateThumbprint,
            attestation.certificateThumbprint == certificateThumbprint.bytes
        else { return .refused(code: "certificate-differs") }
        guard attestation.verdict(key: key) == .valid else { return .refused(code: "signature-invalid") }
        let signed = attestation.payload
        // Each bound field counters one replay: of an old answer, to another hub, of another device, over another link.
        if signed.nonce != nonce { return .refused(code: "nonce-differs") }
        if signed.hub != hub { return .refused(code: "hub-differs") }
        if signed.serial != serial { return .refused(code: "serial-differs") }
        if signed.link != link { return .refused(code: "link-differs") }
        if signed.bootCounter != identity.bootCounter { return .refused(code: "boot-counter-differs") }
        guard let state = signed.state else { return .refused(code: "state-missing") }
        // What it signs and what image management lists are two answers of one device.
        guard state.running.hash.bytes == runningHash else { return .refused(code: "image-differs") }
        return .verified(
            state, DeviceEvidence(attestation: bytes, certificateChain: identity.certificateChain))
    }
}
