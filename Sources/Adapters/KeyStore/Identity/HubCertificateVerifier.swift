package import CORProtocol
package import COSESigning
import Crypto
import FoundationEssentials
package import HubCore
import SwiftASN1
@_spi(FixedExpiryValidationTime) @_spi(DisableValidityCheck) import X509

/// Judges the certificate chain that a batch of this hub shows, against the upstream's authorities.
package struct HubCertificateVerifier: Sendable {
    package enum Verdict: Sendable {
        case trusted(key: COSEPublicKey, authority: TrustedAuthority)
        case refused(Refusal)
    }

    package enum Refusal: String, Sendable, Hashable, CustomStringConvertible {
        case malformed
        case notASigner
        case otherHub
        case untrusted
        case notValidYet

        package var description: String {
            switch self {
            case .malformed: "a certificate of the chain cannot be read"
            case .notASigner: "the certificate does not allow to sign, or its key is not on P-256"
            case .otherHub: "the certificate names another hub"
            case .untrusted: "the certificate does not lead to an authority of the upstream"
            case .notValidYet: "a certificate was not valid when the batch was cut"
            }
        }
    }

    private let hub: HubID
    private let anchors: [Certificate]

    /// - Parameter anchors: the upstream's authorities, DER; what cannot be read is none.
    package init(hub: HubID, anchors: [[UInt8]]) {
        self.hub = hub
        self.anchors = anchors.compactMap { try? Certificate(derEncoded: $0) }
    }

    /// - Parameters:
    ///   - chain: DER, the hub's certificate first.
    ///   - wallMilliseconds: when the batch was cut, ms since 1970; nil where that is not known: then validity periods are
    ///     not judged. A certificate that has ended signs until the next renewal, as the upstream has it, so that its end is
    ///     the latest time that is asked for.
    package func verdict(onChain chain: [[UInt8]], at wallMilliseconds: Int64?) async -> Verdict {
        let parsed = chain.compactMap { try? Certificate(derEncoded: $0) }
        guard let leaf = parsed.first, parsed.count == chain.count, chain.count <= CORLimits.certificateCountMax else {
            return .refused(.malformed)
        }
        guard let key = P256.Signing.PublicKey(leaf.publicKey), Self.maySign(leaf) else {
            return .refused(.notASigner)
        }
        guard leaf.subject.commonName == hub.text else { return .refused(.otherHub) }
        let timeless = RFC5280Policy.withValidityCheckDisabled()
        guard let authority = await authority(of: leaf, parsed, policy: timeless) else { return .refused(.untrusted) }
        if let wallMilliseconds {
            let time = min(Date(timeIntervalSince1970: Double(max(0, wallMilliseconds)) / 1000), leaf.notValidAfter)
            let policy = RFC5280Policy(fixedExpiryValidationTime: time)
            guard await self.authority(of: leaf, parsed, policy: policy) != nil else { return .refused(.notValidYet) }
        }
        return .trusted(key: .p256(key), authority: authority)
    }

    /// No authority, and a stated key usage covers signatures.
    private static func maySign(_ leaf: Certificate) -> Bool {
        do {
            if case .isCertificateAuthority? = try leaf.extensions.basicConstraints { return false }
            return try leaf.extensions.keyUsage?.digitalSignature ?? true
        } catch {
            // A malformed extension allows nothing.
            return false
        }
    }

    private func authority(
        of leaf: Certificate, _ chain: [Certificate], policy: RFC5280Policy
    ) async -> TrustedAuthority? {
        var verifier = Verifier(rootCertificates: CertificateStore(anchors)) {
            policy
            CertificateSigningUsagePolicy()
            KnownUsagePolicy()
        }
        let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(chain.dropFirst()))
        guard case .validCertificate(let path) = result else { return nil }
        return path.last.flatMap { TrustedAuthority($0) }
    }
}
