package import CORProtocol

/// The newest entry of the audit chain; sequence 0 and zeros before the first.
package struct AuditHead: Sendable, Hashable {
    package var sequence: UInt64
    package var hash: SHA256Hash

    package init(sequence: UInt64, hash: SHA256Hash) {
        self.sequence = sequence
        self.hash = hash
    }
}
