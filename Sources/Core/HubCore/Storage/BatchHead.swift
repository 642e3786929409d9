package import CORProtocol

/// The newest batch that was cut.
package struct BatchHead: Sendable, Hashable {
    package var position: BatchPosition
    /// SHA-256 of the signed batch.
    package var hash: SHA256Hash

    package init(position: BatchPosition, hash: SHA256Hash) {
        self.position = position
        self.hash = hash
    }
}
