package import CORProtocol

/// What comes of a certification request that is not refused.
package enum Certification: Sendable, Hashable {
    /// DER: the certificate.
    case issued([UInt8])
    /// An operator has to release the token first.
    case pending
}

/// The certificate that TLS vouches for.
package struct HubCertificate: Sendable, Hashable {
    package var hub: HubID
    package var thumbprint: SHA256Hash

    package init(hub: HubID, thumbprint: SHA256Hash) {
        self.hub = hub
        self.thumbprint = thumbprint
    }
}
