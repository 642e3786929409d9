import SwiftASN1
package import X509

/// What a certificate of this upstream's authority entitles its holder to.
///
/// The role is a URI among the subject alternative names. The TLS roles carry the TLS usages; the roles that sign
/// documents carry RFC 9336's usage instead, so that TLS refuses them.
package enum CertificateRole: String, Sendable, CaseIterable {
    case server
    case hubTransport = "hub-transport"
    case hubSigning = "hub-signing"
    case `operator`
    case receipt

    private static let uriPrefix = "urn:corhub:role:"

    package var uri: String { Self.uriPrefix + rawValue }

    /// The role that a certificate names; nil when it names none, or two.
    package init?(of certificate: Certificate) {
        guard let names = try? certificate.extensions.subjectAlternativeNames else { return nil }
        let roles = names.compactMap { name -> CertificateRole? in
            guard case .uniformResourceIdentifier(let uri) = name, uri.hasPrefix(Self.uriPrefix) else { return nil }
            return CertificateRole(rawValue: String(uri.dropFirst(Self.uriPrefix.count)))
        }
        guard let role = roles.first, roles.count == 1 else { return nil }
        self = role
    }

    var usage: ExtendedKeyUsage.Usage {
        switch self {
        case .server: .serverAuth
        case .hubTransport, .operator: .clientAuth
        case .hubSigning, .receipt: .init(oid: Self.documentSigning)
        }
    }

    /// RFC 9336 §3.1: id-kp-documentSigning.
    private static let documentSigning: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 3, 36]

    /// Days from issue to expiry. A hub renews after half of its certificate's life, so that it may be away for the other
    /// half, and for the time of grace. A receipt must stay verifiable, so its certificate lives as long as the authority.
    var lifetimeDays: Int {
        switch self {
        case .server: 397
        case .hubTransport, .hubSigning: 365
        case .operator: 365
        case .receipt: CertificateAuthority.lifetimeDays
        }
    }
}
