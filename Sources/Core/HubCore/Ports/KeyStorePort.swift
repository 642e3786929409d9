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

    /// X9.63 uncompressed: 0x04, then x and y, 65 bytes.
    var publicKey: [UInt8] { get }

    /// ECDSA over SHA-256 of `message`: r and s, 32 bytes each (RFC 9053 §2.1). May block for as long as the hardware
    /// needs.
    func signature(for message: [UInt8]) throws(KeyStoreFault) -> [UInt8]
}

/// Keeps the hub's keys. Keys are made on the hub and never leave it.
package protocol KeyStorePort: Sendable {
    /// How well the keys are kept; each batch says it.
    var protection: KeyProtection { get }

    /// The key in use. Throws `.missing` when none was made.
    func key(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey

    /// Makes a key where there is none and returns after it is durable. Throws `.alreadyExists` otherwise: a key is
    /// never replaced silently.
    func makeKey(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey

    /// The key that content on the disk is sealed under; nil where none was made.
    func storageKey() throws(KeyStoreFault) -> StorageKey?

    /// Makes that key where there is none, and returns after it is durable. Throws `.alreadyExists` otherwise.
    func makeStorageKey() throws(KeyStoreFault) -> StorageKey
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
