package import Crypto
import FoundationEssentials
import SwiftASN1
package import X509

/// A test authority that vouches for virtual devices, as COR Health's own vouches for real ones.
package struct DeviceAuthority: Sendable {
    package let certificate: Certificate
    private let key: P256.Signing.PrivateKey

    /// Certificates of a time that no clock needs to know: fixed, so that making one depends on nothing.
    private static let notBefore = Date(timeIntervalSince1970: 1_735_689_600)  // 2025-01-01T00:00:00Z
    private static let authorityNotAfter = Date(timeIntervalSince1970: 2_682_374_400)  // 2055-01-01T00:00:00Z
    /// RFC 5280 §4.1.2.5: the value for "no well-defined expiration".
    private static let deviceNotAfter = Date(timeIntervalSince1970: 253_402_300_799)  // 9999-12-31T23:59:59Z

    /// Makes an authority with a new key.
    package init(name: String = "COR One test device CA") throws {
        key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let subject = try DistinguishedName {
            OrganizationName("COR Health (test)")
            CommonName(name)
        }
        certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: Self.notBefore,
            notValidAfter: Self.authorityNotAfter, issuer: subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: publicKey)
            },
            issuerPrivateKey: Certificate.PrivateKey(key))
    }

    /// Reads an authority from its two PEM texts; a key that is not the certificate's is refused.
    package init(certificatePEM: String, keyPEM: String) throws {
        certificate = try Certificate(pemEncoded: certificatePEM)
        key = try P256.Signing.PrivateKey(pemRepresentation: keyPEM)
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
            throw DeviceAuthorityError.keyOfAnotherCertificate
        }
    }

    package var certificatePEM: String {
        get throws { try certificate.serializeAsPEM().pemString }
    }

    package var keyPEM: String { key.pemRepresentation }

    /// A device certificate in DER for `publicKey`, with the serial as common name and as serial number of the subject.
    package func certify(serial: String, publicKey: P256.Signing.PublicKey) throws -> [UInt8] {
        let authorityKeyIdentifier = try certificate.extensions.subjectKeyIdentifier?.keyIdentifier
        let devicePublicKey = Certificate.PublicKey(publicKey)
        let device = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: devicePublicKey,
            notValidBefore: Self.notBefore, notValidAfter: Self.deviceNotAfter, issuer: certificate.subject,
            subject: try Self.deviceName(serial: serial), signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                SubjectKeyIdentifier(hash: devicePublicKey)
                AuthorityKeyIdentifier(keyIdentifier: authorityKeyIdentifier)
            },
            issuerPrivateKey: Certificate.PrivateKey(key))
        var serializer = DER.Serializer()
        try serializer.serialize(device)
        return serializer.serializedBytes
    }

    private static func deviceName(serial: String) throws -> DistinguishedName {
        let serialNumberType: ASN1ObjectIdentifier = [2, 5, 4, 5]  // X.520 serialNumber
        return DistinguishedName([
            try OrganizationName("COR Health (test)").makeRDN(),
            try CommonName(serial).makeRDN(),
            RelativeDistinguishedName(
                RelativeDistinguishedName.Attribute(
                    type: serialNumberType,
                    value: try RelativeDistinguishedName.Attribute.Value(printableString: serial))),
        ])
    }
}

package enum DeviceAuthorityError: Error, Sendable, Hashable {
    case keyOfAnotherCertificate
}

extension DeviceAuthorityError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .keyOfAnotherCertificate: "the authority's key does not belong to its certificate"
        }
    }
}
