package import CORProtocol
import Crypto
import FoundationEssentials
package import X509

/// A PKCS#10 request whose proof of possession holds, and what it is for. The names in it count for nothing.
package struct CertificationRequest: Sendable {
    /// A P-256 request takes about 250 bytes.
    package static let lengthMax = 4096

    package let key: Certificate.PublicKey
    /// SHA-256 of the SubjectPublicKeyInfo.
    package let keyHash: SHA256Hash
    /// SHA-256 of the request.
    package let hash: SHA256Hash

    package init(_ der: [UInt8]) throws(CertificateFault) {
        guard der.count <= Self.lengthMax else { throw .malformed("a request longer than \(Self.lengthMax) bytes") }
        key = try CertificateAuthority.publicKey(ofRequest: der)
        guard let point = P256.Signing.PublicKey(key) else { throw .refused("the key is not on P-256") }
        keyHash = SHA256Hash.of(Array(point.derRepresentation))
        hash = SHA256Hash.of(der)
    }
}
