import CORProtocol
import Crypto
import HubCore

/// Seals payloads under the hub's storage key, and opens them again.
///
/// A sealed payload is: 0x01, the key's id (8 bytes), the nonce (12), the ciphertext, the tag (16); ChaCha20-Poly1305
/// (RFC 8439). The associated data is the first nine bytes, the SHA-256 of the content and the table's name, so a sealed
/// payload stands in no other row than one of that content. The nonce is random each time: never a counter, since a
/// restored disk would count the same numbers again.
struct ContentSeal: Sendable {
    /// Bytes that a sealed payload is longer than its content.
    static let overhead = headLength + nonceLength + 16
    private static let form: UInt8 = 1
    private static let headLength = 1 + StorageKey.idByteCount
    private static let nonceLength = 12

    let key: StorageKey
    /// Whether content that was never sealed is taken as it is, where its hash holds: of a store of the first format.
    var takesPlain = false
    private let head: [UInt8]

    init(_ key: StorageKey) {
        self.key = key
        head = [Self.form] + key.id
    }

    func seal(_ content: [UInt8], hash: SHA256Hash, in table: StoredTable) -> [UInt8] {
        let box: ChaChaPoly.SealedBox
        do {
            box = try ChaChaPoly.seal(content, using: key.contentKey, authenticating: associated(hash, table))
        } catch {
            preconditionFailure("a key of 32 bytes seals whatever fits into a row")
        }
        var sealed: [UInt8] = []
        sealed.reserveCapacity(content.count + Self.overhead)
        sealed += head
        sealed += box.combined
        return sealed
    }

    /// The content with this hash; nil where these bytes are not it.
    func content(of stored: [UInt8], hash: SHA256Hash, in table: StoredTable) -> [UInt8]? {
        if let opened = open(stored, hash: hash, in: table) { return SHA256Hash.of(opened) == hash ? opened : nil }
        return takesPlain && SHA256Hash.of(stored) == hash ? stored : nil
    }

    /// What was sealed under this key for a row that names this hash, whether or not it has that hash; nil where these bytes
    /// are no such thing.
    func open(_ sealed: [UInt8], hash: SHA256Hash, in table: StoredTable) -> [UInt8]? {
        guard sealed.count >= Self.overhead, sealed.starts(with: head) else { return nil }
        do {
            let box = try ChaChaPoly.SealedBox(combined: sealed[Self.headLength...])
            return [UInt8](try ChaChaPoly.open(box, using: key.contentKey, authenticating: associated(hash, table)))
        } catch {
            return nil
        }
    }

    private func associated(_ hash: SHA256Hash, _ table: StoredTable) -> [UInt8] {
        head + hash.bytes + table.name.utf8
    }
}
