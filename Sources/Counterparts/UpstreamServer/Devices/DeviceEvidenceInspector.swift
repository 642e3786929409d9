package import CORProtocol
import COSESigning
import Crypto
import FoundationEssentials
package import X509

/// Checks with what a device proved itself to a hub: that its certificate leads to a maker's authority, and that its key
/// answered a challenge of this very hub.
package struct DeviceEvidenceInspector: Sendable {
    /// What evidence is worth.
    package struct Finding: Sendable, Hashable {
        package var trust: DeviceTrustLevel
        /// Of the device's certificate; nil where it has none.
        package var thumbprint: SHA256Hash?
        /// What the device signed; nil where it signed nothing.
        package var attestation: AttestationPayload?

        package init(
            trust: DeviceTrustLevel, thumbprint: SHA256Hash?, attestation: AttestationPayload? = nil
        ) {
            self.trust = trust
            self.thumbprint = thumbprint
            self.attestation = attestation
        }
    }

    package enum Verdict: Sendable, Hashable {
        case sound(Finding)
        case unsound(reason: String)
    }

    private let trust: CertificateTrust

    /// - Parameter anchors: the certificates of the makers' device authorities.
    package init(anchors: [Certificate]) {
        trust = CertificateTrust(anchors: anchors)
    }

    /// - Parameters:
    ///   - attestation: `signed-attestation`; nil for a device that the hub took at its link's word.
    ///   - chain: X.509 in DER, the device's own certificate first.
    package func inspect(
        attestation: [UInt8]?, chain: [[UInt8]], of serial: DeviceSerial, for hub: HubID, at now: Int64
    ) async -> Verdict {
        guard let attestation else { return .sound(Finding(trust: .linkOnly, thumbprint: nil)) }
        let certificate: Certificate
        switch await trust.verdict(chain: chain, at: Date(milliseconds: now)) {
        case .trusted(let leaf, _): certificate = leaf
        case .refused(let reason): return .unsound(reason: "device certificate: \(reason)")
        }
        guard certificate.deviceSerial == serial.text else {
            return .unsound(reason: "the certificate is another device's")
        }
        guard let key = P256.Signing.PublicKey(certificate.publicKey) else {
            return .unsound(reason: "the device's key is not on P-256")
        }
        let signed: SignedAttestation
        do throws(SignedMessageRefusal) {
            signed = try SignedAttestation(decoding: attestation)
        } catch {
            return .unsound(reason: "attestation: \(error)")
        }
        guard signed.verdict(key: .p256(key)) == .valid else {
            return .unsound(reason: "the attestation is not signed by the device's key")
        }
        guard signed.payload.serial == serial else { return .unsound(reason: "the attestation is another device's") }
        guard signed.payload.hub == hub else { return .unsound(reason: "the attestation is for another hub") }
        guard signed.certificateThumbprint == SHA256Hash.of(chain[0]).bytes else {
            return .unsound(reason: "the attestation names another certificate")
        }
        return .sound(Finding(trust: .attested, thumbprint: .of(chain[0]), attestation: signed.payload))
    }
}
