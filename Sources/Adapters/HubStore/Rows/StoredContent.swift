import CORProtocol

/// The payload of a row as it lies on the disk, with the length and the hash of what it is.
struct StoredContent: Sendable {
    let sealed: [UInt8]
    /// Of the content, in bytes.
    let length: Int
    /// Of the content.
    let hash: SHA256Hash

    init(_ bytes: [UInt8], in table: StoredTable, sealing seal: ContentSeal) {
        self.init(bytes, hash: .of(bytes), in: table, sealing: seal)
    }

    /// - Parameter hash: SHA-256 of `bytes`, by whoever computed it already.
    init(_ bytes: [UInt8], hash: SHA256Hash, in table: StoredTable, sealing seal: ContentSeal) {
        length = bytes.count
        self.hash = hash
        sealed = seal.seal(bytes, hash: hash, in: table)
    }
}
