import CORProtocol
import COSESigning
import HubCore
import KeyStore

/// What a trace is judged by: who this hub is, and whom it was told to trust.
struct TraceTrust: Sendable {
    var hub: HubID
    var environment: String
    /// The upstream's authorities, DER.
    var upstreamCA: [[UInt8]]
    /// The hub's own signing certificates, of now and before, DER.
    var ownCertificates: [[UInt8]]
    /// The upstream's pinned receipt certificate, DER, its key and the id of its log.
    var receiptCertificate: [UInt8]
    var receiptKey: COSEPublicKey
    var receiptLogID: SHA256Hash
    var devices: any DeviceCertificateVerifying
}

extension TraceTrust {
    init(_ identity: HubIdentity, devices: any DeviceCertificateVerifying) {
        self.init(
            hub: identity.hubID, environment: identity.environment, upstreamCA: identity.upstreamCA,
            ownCertificates: Array(identity.signing.chain.prefix(1)) + identity.earlierSigning,
            receiptCertificate: identity.receiptCertificate, receiptKey: identity.receiptKey,
            receiptLogID: identity.receiptLogID, devices: devices)
    }
}
