package import CORProtocol
package import COSESigning
import Crypto
package import HubCore
import SwiftASN1
import X509

/// Who this hub is to the upstream, and what it trusts there: all that enrolment left in the identity folder.
package struct HubIdentity: Sendable {
    /// A key of the hub and the certificate chain that names it, DER, the hub's own certificate first.
    package struct Credential: Sendable {
        package let key: any HubKey
        package let chain: [[UInt8]]
        package let life: CertificateLife
    }

    /// Equals the common name of both of the hub's certificates.
    package let hubID: HubID
    /// Covered by every signature: test data cannot pass for production's.
    package let environment: String
    /// As written in `hub.json`; whoever connects parses it.
    package let upstreamURL: String
    /// Of the least protected of both keys.
    package var keyProtection: KeyProtection { .least(of: [tls.key.protection, signing.key.protection]) }
    package let tls: Credential
    package let signing: Credential
    /// Signing certificates of before, DER, the newest first: what they signed stays provable.
    package let earlierSigning: [[UInt8]]
    /// The only authorities that the upstream's TLS certificate may lead to, DER; several while one follows another.
    package let upstreamCA: [[UInt8]]
    /// The upstream's receipt certificate, DER, its key, and the id of its log: SHA-256 of the SubjectPublicKeyInfo.
    package let receiptCertificate: [UInt8]
    package let receiptKey: COSEPublicKey
    package let receiptLogID: SHA256Hash
    /// Signs batches.
    package var batchSigner: HubKeyCOSESigner { HubKeyCOSESigner(signing.key) }

    /// The key that a certificate of this hub's names; nil for what is no certificate of a key on P-256.
    package static func signingKey(of der: [UInt8]) -> COSEPublicKey? {
        guard let certificate = try? Certificate(derEncoded: der) else { return nil }
        return P256.Signing.PublicKey(certificate.publicKey).map { .p256($0) }
    }

    package func credential(for use: HubKeyUse) -> Credential {
        switch use {
        case .tls: tls
        case .signing: signing
        }
    }
}
