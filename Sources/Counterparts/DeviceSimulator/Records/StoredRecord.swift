package import CORProtocol

/// A closed record as the device keeps it.
package struct StoredRecord: Sendable, Hashable {
    package var sequence: UInt64
    package var kind: RecordKind
    /// The COSE_Sign1.
    package var bytes: [UInt8]
    /// SHA-256 of `bytes`.
    package var hash: SHA256Hash

    package init(sequence: UInt64, kind: RecordKind, bytes: [UInt8]) {
        self.sequence = sequence
        self.kind = kind
        self.bytes = bytes
        hash = SHA256Hash.of(bytes)
    }
}
