import CORProtocol
import Crypto
import FoundationEssentials
package import HubCore
import SwiftASN1
@_spi(FixedExpiryValidationTime) @_spi(DisableValidityCheck) import X509

/// Judges device certificate chains by RFC 5280 and the device certificate profile.
///
/// firmware-specs/signatures.md: a P-256 key that may sign; the serial number in the subject's serialNumber, or else in
/// its common name.
package struct DeviceCertificateVerifier: DeviceCertificateVerifying {
    /// The last millisecond that X.509 can name: 9999-12-31T23:59:59.999Z.
    private static let wallMillisecondsMax: Int64 = 253_402_300_799_999

    private let anchors: DeviceTrustAnchors

    package init(anchors: DeviceTrustAnchors) {
        self.anchors = anchors
    }

    package func verdict(
        onChain chain: [[UInt8]], at wallMilliseconds: Int64?
    ) async -> DeviceCertificateVerdict {
        do throws(DeviceCertificateRefusal) {
            let (leaf, intermediates) = try Self.parse(chain)
            let device = try Self.device(leaf)
            let authority = try await authority(of: leaf, intermediates, at: wallMilliseconds)
            return .trusted(
                DeviceCertificate(
                    serial: device.serial, publicKey: Array(device.key.x963Representation),
                    thumbprint: SHA256Hash.of(chain.first ?? []), authority: authority))
        } catch {
            return .refused(error)
        }
    }

    /// All bounds are checked before a byte is parsed.
    private static func parse(
        _ chain: [[UInt8]]
    ) throws(DeviceCertificateRefusal) -> (leaf: Certificate, intermediates: [Certificate]) {
        guard chain.count <= CORLimits.certificateCountMax else {
            throw .tooLong(count: chain.count, countMax: CORLimits.certificateCountMax)
        }
        for (index, der) in chain.enumerated() where der.count > CORLimits.certificateLengthMax {
            throw .certificateTooLarge(index: index, length: der.count, lengthMax: CORLimits.certificateLengthMax)
        }
        var certificates: [Certificate] = []
        for (index, der) in chain.enumerated() {
            guard let certificate = try? Certificate(derEncoded: der) else { throw .malformed(index: index) }
            certificates.append(certificate)
        }
        guard let leaf = certificates.first else { throw .empty }
        return (leaf, Array(certificates.dropFirst()))
    }

    /// What the leaf says of itself, by the profile; whether it may be believed is the path's matter.
    private static func device(
        _ leaf: Certificate
    ) throws(DeviceCertificateRefusal) -> (serial: DeviceSerial, key: P256.Signing.PublicKey) {
        guard let key = P256.Signing.PublicKey(leaf.publicKey) else { throw .keyNotP256 }
        guard allowsDeviceSignatures(leaf) else { throw .wrongUsage }
        // A subject that holds a serialNumber means it; the common name is the second choice, not a way around it.
        guard let text = leaf.subject.serialNumber ?? leaf.subject.commonName, let serial = DeviceSerial(text) else {
            throw .noSerial
        }
        return (serial, key)
    }

    /// No authority, and each stated usage covers the signing of records and attestations.
    private static func allowsDeviceSignatures(_ leaf: Certificate) -> Bool {
        do {
            if case .isCertificateAuthority? = try leaf.extensions.basicConstraints { return false }
            if let usage = try leaf.extensions.keyUsage, !usage.digitalSignature { return false }
            if let usages = try leaf.extensions.extendedKeyUsage {
                return usages.contains { $0 == .clientAuth || $0 == .any }
            }
            return true
        } catch {
            // A malformed extension allows nothing.
            return false
        }
    }

    private func authority(
        of leaf: Certificate, _ intermediates: [Certificate], at wallMilliseconds: Int64?
    ) async throws(DeviceCertificateRefusal) -> TrustedAuthority {
        let timeless = RFC5280Policy.withValidityCheckDisabled()
        guard let wallMilliseconds else { return try await authority(of: leaf, intermediates, policy: timeless) }
        let clamped = min(max(wallMilliseconds, 0), Self.wallMillisecondsMax)
        let time = Date(timeIntervalSince1970: Double(clamped / 1000))
        do throws(DeviceCertificateRefusal) {
            return try await authority(
                of: leaf, intermediates, policy: RFC5280Policy(fixedExpiryValidationTime: time))
        } catch {
            // Refused in time and fine without it: then it is the time.
            do throws(DeviceCertificateRefusal) {
                _ = try await authority(of: leaf, intermediates, policy: timeless)
            } catch _ {
                throw error
            }
            throw .notValidAtTime
        }
    }

    private func authority(
        of leaf: Certificate, _ intermediates: [Certificate], policy: RFC5280Policy
    ) async throws(DeviceCertificateRefusal) -> TrustedAuthority {
        var verifier = Verifier(rootCertificates: CertificateStore(anchors.certificates)) {
            policy
            CertificateSigningUsagePolicy()
            ExtendedKeyUsageWasChecked()
        }
        switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(intermediates)) {
        case .validCertificate(let path):
            guard let authority = path.last.flatMap({ TrustedAuthority($0) }) else { throw .untrusted }
            return authority
        case .couldNotValidate(let failures):
            throw failures.isEmpty ? .untrusted : .pathRefused
        }
    }
}

/// Tells the verifier that a critical extended key usage is understood: `allowsDeviceSignatures` judges the leaf's.
private struct ExtendedKeyUsageWasChecked: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.extendedKeyUsage]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult { .meetsPolicy }
}
