import CORProtocol

/// The payload of a row, with the hash that holds it.
struct StoredContent: Sendable {
    let bytes: [UInt8]
    let hash: SHA256Hash

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        hash = .of(bytes)
    }
}
