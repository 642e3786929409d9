import FoundationEssentials
package import HubCore
import SwiftASN1
@_spi(FixedExpiryValidationTime) import X509

/// Why a server's chain was not trusted: said to people only, and never a reason to trust it.
package enum ServerChainVerdict: Sendable, Hashable {
    /// It leads to the upstream's authority, and at another time it would be trusted: the hub's clock is wrong, or the
    /// certificate has ended.
    case notValidNow(CertificateLife)
    /// It leads elsewhere. Untrusted text, printable, and the fingerprint of the last certificate shown.
    case otherAuthority(issuer: String, fingerprint: [UInt8])
    case unreadable

    /// - Parameter chain: DER, as the server showed it.
    package init(chain: [[UInt8]], anchors: [[UInt8]]) async {
        let parsed = chain.compactMap { try? Certificate(derEncoded: $0) }
        guard let leaf = parsed.first, let last = chain.last else {
            self = .unreadable
            return
        }
        let life = CertificateLife(leaf)
        let middle = life.beginMilliseconds + life.lengthMilliseconds / 2
        for moment in [middle, life.beginMilliseconds, life.endMilliseconds] {
            var verifier = Verifier(
                rootCertificates: CertificateStore(anchors.compactMap { try? Certificate(derEncoded: $0) })
            ) {
                RFC5280Policy(fixedExpiryValidationTime: Date(timeIntervalSince1970: TimeInterval(moment) / 1000))
                KnownUsagePolicy()
            }
            let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(parsed.dropFirst()))
            if case .validCertificate = result {
                self = .notValidNow(life)
                return
            }
        }
        let issuer = (parsed.last ?? leaf).issuer.description.map { $0.isASCII && !$0.isNewline ? $0 : "?" }
        self = .otherAuthority(issuer: String(issuer.prefix(128)), fingerprint: Fingerprint.of(last))
    }
}
