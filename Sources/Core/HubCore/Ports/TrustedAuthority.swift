package import CORProtocol

/// A certificate that trust ends at, as people compare it.
package struct TrustedAuthority: Sendable, Hashable {
    /// Its subject, printable.
    package let name: String
    /// SHA-256 of its DER.
    package let fingerprint: SHA256Hash

    package init(name: String, fingerprint: SHA256Hash) {
        self.name = name
        self.fingerprint = fingerprint
    }
}
