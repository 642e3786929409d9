package import CORProtocol

/// What a key of the hub is used for. One key has one use.
package enum HubKeyUse: String, Sendable, Hashable, CaseIterable {
    /// Client authentication towards the upstream.
    case tls
    /// COSE signatures on batches.
    case signing
}

/// A P-256 key of the hub. The private part stays where it is: in a file, a credential or a TPM.
package protocol HubKey: Sendable {
    var use: HubKeyUse { get }

    /// Where the private part is kept.
    var protection: KeyProtection { get }

    /// X9.63 uncompressed: 0x04, then x and y, 65 bytes.
    var publicKey: [UInt8] { get }

    /// ECDSA over SHA-256 of `message`: r and s, 32 bytes each (RFC 9053 §2.1). May block for as long as the hardware
    /// needs.
    func signature(for message: [UInt8]) throws(KeyStoreFault) -> [UInt8]
}

/// Keeps the hub's keys. Keys are made on the hub and never leave it.
///
/// A key is replaced in two durable steps, with its certificate between them: `nextKey` makes the one that follows, the
/// certificate for it is put in place, `adopt` makes it the only one. Whichever step power fails behind, the certificate
/// says which of `keys` is the one in use. A backend that cannot hold two keys of a use says so by `makesKeys`.
package protocol KeyStorePort: Sendable {
    /// The keys that there are: the one in use, and the one that may follow it. Throws `.missing` when none was made.
    func keys(for use: HubKeyUse) throws(KeyStoreFault) -> [any HubKey]

    /// Whether the hub can replace the key of this use by itself.
    func makesKeys(for use: HubKeyUse) -> Bool

    /// Makes the first key of a use and returns after it is durable. Throws `.alreadyExists` otherwise: a key is never
    /// replaced silently.
    func makeKey(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey

    /// The key that is to follow the one in use: what an interrupted replacement left, or one that is made now. Durable when
    /// it returns.
    func nextKey(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey

    /// Makes a key that the certificate names the one in use; the one before is gone when this returns. Nothing happens where
    /// it is that already.
    func adopt(_ key: any HubKey) throws(KeyStoreFault)

    /// The key that content on the disk is sealed under; nil where none was made.
    func storageKey() throws(KeyStoreFault) -> StorageKey?

    /// Makes that key where there is none, and returns after it is durable. Throws `.alreadyExists` otherwise.
    func makeStorageKey() throws(KeyStoreFault) -> StorageKey
}

extension KeyProtection {
    /// From the best to the least.
    private var rank: Int {
        switch self {
        case .tpm: 0
        case .credential: 1
        case .file: 2
        }
    }

    /// What a hub says of itself: how its least protected key is kept.
    package static func least(of protections: [KeyProtection]) -> KeyProtection {
        protections.max { $0.rank < $1.rank } ?? .file
    }
}

/// Why a key cannot be used. Each prints as one line that says what to do; none holds key material.
package enum KeyStoreFault: Error, Sendable, Hashable {
    case missing(path: String)
    case alreadyExists(path: String)
    /// Someone besides the owner may read it. `mode` is the permission bits.
    case exposed(path: String, mode: UInt32)
    /// The owner is another user.
    case foreignOwner(path: String, user: UInt32)
    /// Not a PEM private key on P-256.
    case malformed(path: String)
    /// The key comes from elsewhere, and the hub cannot make another there.
    case notMadeHere(use: HubKeyUse)
    /// Content is sealed, and the key is neither in the folder nor among the credentials.
    case missingStorageKey(folder: String)
    /// Not 64 hexadecimal digits.
    case malformedStorageKey(path: String)
    case io(path: String, operation: String, errno: Int32)
    case signingFailed(use: HubKeyUse)
}

extension KeyStoreFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let path):
            "\(path) does not exist: enrol this hub first"
        case .alreadyExists(let path):
            "\(path) exists and is not replaced"
        case .exposed(let path, let mode):
            "\(path) has mode 0\(String(mode, radix: 8)) and can be used by others: chmod go= it, and replace the key"
                + " if someone may have read it"
        case .foreignOwner(let path, let user):
            "\(path) belongs to user \(user), not to the user of this process"
        case .malformed(let path):
            "\(path) holds no P-256 private key in PEM form"
        case .notMadeHere(let use):
            "the \(use.rawValue) key is the service manager's credential: replace it there"
        case .missingStorageKey(let folder):
            "\(folder)/storage.key does not exist, and the store cannot be read without it: put it back"
        case .malformedStorageKey(let path):
            "\(path) holds no storage key (64 hexadecimal digits): put the right file back"
        case .io(let path, let operation, let errno):
            "\(path): \(operation) failed with errno \(errno)"
        case .signingFailed(let use):
            "the \(use.rawValue) key made no signature"
        }
    }
}
