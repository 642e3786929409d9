package import CORProtocol
package import COSESigning
package import HubCore

/// Who this hub is to the upstream, and what it trusts there: all that enrolment left in the identity folder.
package struct HubIdentity: Sendable {
    /// A key of the hub and the certificate chain that names it, DER, the hub's own certificate first.
    package struct Credential: Sendable {
        package let key: any HubKey
        package let chain: [[UInt8]]
    }

    /// Equals the common name of both of the hub's certificates.
    package let hubID: HubID
    /// Covered by every signature: test data cannot pass for production's.
    package let environment: String
    /// As written in `hub.json`; whoever connects parses it.
    package let upstreamURL: String
    package let keyProtection: KeyProtection
    package let tls: Credential
    package let signing: Credential
    /// The only CA that the upstream's TLS certificate may lead to, DER.
    package let upstreamCA: [[UInt8]]
    /// The upstream's receipt certificate, DER, its key, and the id of its log: SHA-256 of the SubjectPublicKeyInfo.
    package let receiptCertificate: [UInt8]
    package let receiptKey: COSEPublicKey
    package let receiptLogID: SHA256Hash
    /// When the first of the hub's own certificates expires, in ms since 1970-01-01T00:00:00Z.
    package let certificateExpiryMilliseconds: Int64

    /// Signs batches.
    package var batchSigner: HubKeyCOSESigner { HubKeyCOSESigner(signing.key) }
}
