package import CORProtocol
import COSESigning
import Crypto
import FoundationEssentials
package import HubCore
import SwiftASN1
@_spi(FixedExpiryValidationTime) import X509

/// Certificates that the upstream issued for a key of this hub, found to be what was asked for.
package struct IssuedChain: Sendable, Hashable {
    /// The hub's own certificate first, without the root.
    package let der: [[UInt8]]
    package let life: CertificateLife

    /// Judges what came: one certificate for this key that names this hub, and a path from it to an authority that the
    /// upstream is known by.
    ///
    /// - Parameters:
    ///   - certificates: DER, in no order.
    ///   - now: ms since 1970.
    package static func judging(
        _ certificates: [[UInt8]], for key: any HubKey, of hub: HubID, anchors: [[UInt8]], at now: Int64
    ) async throws(IssuedChainRefusal) -> IssuedChain {
        var parsed: [(der: [UInt8], certificate: Certificate)] = []
        for der in certificates {
            guard let certificate = try? Certificate(derEncoded: der) else { throw .malformed }
            parsed.append((der, certificate))
        }
        let isOurs = { (certificate: Certificate) in
            P256.Signing.PublicKey(certificate.publicKey).map { Array($0.x963Representation) } == key.publicKey
        }
        guard let leaf = parsed.first(where: { isOurs($0.certificate) }) else { throw .otherKey }
        guard leaf.certificate.subject.commonName == hub.text else {
            throw .otherHub(leaf.certificate.subject.commonName ?? "nobody")
        }
        let roots = anchors.compactMap { try? Certificate(derEncoded: $0) }
        let others = parsed.filter { $0.der != leaf.der && !anchors.contains($0.der) }
        var verifier = Verifier(rootCertificates: CertificateStore(roots)) {
            RFC5280Policy(fixedExpiryValidationTime: Date(timeIntervalSince1970: TimeInterval(now) / 1000))
            KnownUsagePolicy()
        }
        let result = await verifier.validate(
            leaf: leaf.certificate, intermediates: CertificateStore(others.map(\.certificate)))
        guard case .validCertificate(let chain) = result else { throw .untrusted }
        let intermediates = chain.dropFirst().filter { !roots.contains($0) }
        return IssuedChain(
            der: [leaf.der] + intermediates.compactMap { member in others.first { $0.certificate == member }?.der },
            life: CertificateLife(leaf.certificate))
    }
}

/// Why certificates were not taken although the upstream sent them.
package enum IssuedChainRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    case malformed
    /// None is for the key that was to be certified.
    case otherKey
    case otherHub(String)
    /// No path to the authority that the upstream is known by, or not valid now.
    case untrusted

    package var description: String {
        switch self {
        case .malformed: "the upstream sent a certificate that cannot be read"
        case .otherKey: "the upstream sent no certificate for this hub's key"
        case .otherHub(let name): "the upstream sent a certificate for \"\(name.filter { $0.isASCII })\""
        case .untrusted: "the certificate does not lead to the upstream's authority, or is not valid now"
        }
    }
}

/// Lets a critical extended key usage pass: what a certificate is used for follows from the key that it was asked for.
struct KnownUsagePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.extendedKeyUsage]

    mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) async -> PolicyEvaluationResult {
        .meetsPolicy
    }
}

extension CertificateLife {
    /// nil for what is no certificate.
    package init?(certificate der: [UInt8]) {
        guard let certificate = try? Certificate(derEncoded: der) else { return nil }
        self.init(certificate)
    }

    init(_ certificate: Certificate) {
        // X.509 ends with the year 9999, so the products fit by far.
        self.init(
            beginMilliseconds: Int64(certificate.notValidBefore.timeIntervalSince1970) * 1000,
            endMilliseconds: Int64(certificate.notValidAfter.timeIntervalSince1970) * 1000)
    }
}
