package import CORProtocol

/// A batch that is durable here and has no receipt yet.
package struct OutstandingBatch: Sendable, Equatable {
    package var position: BatchPosition
    package var hash: SHA256Hash
    /// The signed batch, as it goes over the wire each time.
    package var bytes: [UInt8]
    /// When it was cut.
    package var cut: TimeBlock

    package init(position: BatchPosition, hash: SHA256Hash, bytes: [UInt8], cut: TimeBlock) {
        self.position = position
        self.hash = hash
        self.bytes = bytes
        self.cut = cut
    }
}
