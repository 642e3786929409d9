package import Crypto
package import FoundationEssentials
import SwiftASN1
package import X509

/// The upstream's own certificate authority: one P-256 root that issues leaves.
///
/// It looks at a request's key and at nothing else that the request says: the names are the authority's to give.
package struct CertificateAuthority: Sendable {
    static let lifetimeDays = 3653
    /// A hub without a real-time clock may start a little in the past.
    private static let backdating: TimeInterval = 86_400
    private static let secondsPerDay: TimeInterval = 86_400
    /// Of the cross certificates too: self-issued ones do not count (RFC 5280 §4.2.1.9).
    private static let pathLengthMax = 0

    package let certificate: Certificate
    private let key: Certificate.PrivateKey

    /// - Throws: `.refused` when the key is not the certificate's, or the certificate is no authority's.
    package init(certificate: Certificate, key: Certificate.PrivateKey) throws(CertificateFault) {
        guard key.publicKey == certificate.publicKey else {
            throw .refused("the authority's key does not belong to its certificate")
        }
        guard case .isCertificateAuthority = try? certificate.extensions.basicConstraints else {
            throw .refused("the authority's certificate may not issue certificates")
        }
        self.certificate = certificate
        self.key = key
    }

    /// A new self-signed root.
    package static func making(
        commonName: String, key: P256.Signing.PrivateKey, at now: Date
    ) throws(CertificateFault) -> CertificateAuthority {
        let name = try faulting("authority name") { try DistinguishedName { CommonName(commonName) } }
        return try making(name: name, key: key, at: now)
    }

    /// A root with a new key that follows this one.
    package func successor(key: P256.Signing.PrivateKey, at now: Date) throws(CertificateFault) -> CertificateAuthority
    {
        try Self.making(name: certificate.subject, key: key, at: now)
    }

    private static func making(
        name: DistinguishedName, key: P256.Signing.PrivateKey, at now: Date
    ) throws(CertificateFault) -> CertificateAuthority {
        let key = Certificate.PrivateKey(key)
        let certificate = try faulting("authority certificate") {
            try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: key.publicKey,
                notValidBefore: now.addingTimeInterval(-backdating),
                notValidAfter: now.addingTimeInterval(TimeInterval(lifetimeDays) * secondsPerDay),
                issuer: name,
                subject: name,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: pathLengthMax))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: key.publicKey)
                },
                issuerPrivateKey: key)
        }
        return try CertificateAuthority(certificate: certificate, key: key)
    }

    /// A leaf for `publicKey`.
    ///
    /// - Parameter names: DNS names, IPv4 or IPv6 addresses of a server, and URNs that say more of it.
    package func issue(
        _ role: CertificateRole, commonName: String, publicKey: Certificate.PublicKey, names: [String] = [],
        at now: Date
    ) throws(CertificateFault) -> Certificate {
        guard P256.Signing.PublicKey(publicKey) != nil else { throw .refused("the key is not on P-256") }
        let alternatives = names.map(Self.generalName) + [.uniformResourceIdentifier(role.uri)]
        return try faulting("certificate") {
            try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: publicKey,
                notValidBefore: now.addingTimeInterval(-Self.backdating),
                notValidAfter: min(
                    now.addingTimeInterval(TimeInterval(role.lifetimeDays) * Self.secondsPerDay),
                    certificate.notValidAfter),
                issuer: certificate.subject,
                subject: try DistinguishedName { CommonName(commonName) },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([role.usage])
                    SubjectAlternativeNames(alternatives)
                    SubjectKeyIdentifier(hash: publicKey)
                    AuthorityKeyIdentifier(
                        keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
                },
                issuerPrivateKey: key)
        }
    }

    /// This authority's word for another one's key, by which whoever trusts this one learns to trust the other: from old to
    /// new "NewWithOld", the other way round "OldWithNew" (RFC 4210 §4.4). Valid as long as both are.
    package func vouch(for other: CertificateAuthority, at now: Date) throws(CertificateFault) -> Certificate {
        let subject = certificate.subject
        guard subject == other.certificate.subject else {
            throw .refused(
                "authorities that follow each other bear one name, and these are \(subject) and "
                    + "\(other.certificate.subject)")
        }
        return try faulting("cross certificate") {
            try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: other.certificate.publicKey,
                notValidBefore: max(certificate.notValidBefore, min(other.certificate.notValidBefore, now)),
                notValidAfter: min(certificate.notValidAfter, other.certificate.notValidAfter),
                issuer: subject,
                subject: subject,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: Self.pathLengthMax))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: other.certificate.publicKey)
                    AuthorityKeyIdentifier(
                        keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
                },
                issuerPrivateKey: key)
        }
    }

    /// The key of a PKCS#10 request, after its proof of possession was checked.
    package static func publicKey(ofRequest der: [UInt8]) throws(CertificateFault) -> Certificate.PublicKey {
        let request = try faulting("certificate request") { try CertificateSigningRequest(derEncoded: der) }
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw .refused("the request is not signed by its own key")
        }
        guard P256.Signing.PublicKey(request.publicKey) != nil else { throw .refused("the key is not on P-256") }
        return request.publicKey
    }

    private static func generalName(_ name: String) -> GeneralName {
        if let address = IPAddress(name) { return .ipAddress(ASN1OctetString(contentBytes: address.bytes[...])) }
        return name.hasPrefix("urn:") ? .uniformResourceIdentifier(name) : .dnsName(name)
    }
}

/// The library's errors name no cases that a caller could act on, so one word of ours stands for them.
func faulting<Value>(_ what: String, _ body: () throws -> Value) throws(CertificateFault) -> Value {
    do { return try body() } catch { throw .malformed("\(what): \(error)") }
}
