package import CORProtocol
import Crypto
import Glibc
package import HubCore

/// Keys as PEM files (PKCS #8) in a folder of mode 0700, each of mode 0600: `tls.key` and `signing.key`; beside them
/// `storage.key`, 64 hexadecimal digits, unless the service manager hands that one over as a credential.
///
/// What others could have read is refused, not repaired: the key may be known already.
package struct FileKeyStore: KeyStorePort {
    /// A P-256 key in PEM is about 240 bytes.
    static let keyLengthMax = 4096

    /// Of the credential, as the unit names it (systemd.exec(5), LoadCredentialEncrypted=).
    static let storageCredential = "corhub-storage-key"
    private static let storageFile = "storage.key"

    package let folder: String
    private let credentialFolder: String?

    /// Makes the folder (its parent must exist), or checks the one that is there.
    ///
    /// - Parameter credentialFolder: $CREDENTIALS_DIRECTORY, where the service manager gives credentials.
    package init(folder: String, credentialFolder: String? = nil) throws(KeyStoreFault) {
        self.folder = folder
        self.credentialFolder = credentialFolder
        if mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw .io(path: folder, operation: "mkdir", errno: errno)
        }
        var status = stat()
        guard stat(folder, &status) == 0 else { throw .io(path: folder, operation: "stat", errno: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .io(path: folder, operation: "open", errno: ENOTDIR) }
        try Self.checkPrivate(folder, mode: UInt32(status.st_mode) & 0o7777, owner: status.st_uid)
    }

    package var protection: KeyProtection { .file }

    package func key(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey {
        let path = path(for: use)
        let contents: DurableFile.Contents
        do throws(DurableFile.Fault) {
            contents = try DurableFile.read(path, lengthMax: Self.keyLengthMax)
        } catch {
            throw KeyStoreFault(error, path: path)
        }
        try Self.checkPrivate(path, mode: contents.mode, owner: contents.owner)
        guard let privateKey = Self.privateKey(pem: contents.bytes) else { throw .malformed(path: path) }
        return FileHubKey(use: use, privateKey: privateKey)
    }

    package func makeKey(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey {
        let privateKey = P256.Signing.PrivateKey()
        do throws(DurableFile.Fault) {
            try DurableFile.write(
                Array((privateKey.pemRepresentation + "\n").utf8), to: name(for: use), in: folder, mode: 0o600,
                replacing: false)
        } catch {
            throw KeyStoreFault(error, path: path(for: use))
        }
        return FileHubKey(use: use, privateKey: privateKey)
    }

    package func storageKey() throws(KeyStoreFault) -> StorageKey? {
        if let credentialFolder {
            // Who may read it is the service manager's matter.
            let path = "\(credentialFolder)/\(Self.storageCredential)"
            if let contents = try Self.contentsIfPresent(path) {
                return try Self.storageKey(contents.bytes, .credential, path: path)
            }
        }
        let path = "\(folder)/\(Self.storageFile)"
        guard let contents = try Self.contentsIfPresent(path) else { return nil }
        try Self.checkPrivate(path, mode: contents.mode, owner: contents.owner)
        return try Self.storageKey(contents.bytes, .file, path: path)
    }

    package func makeStorageKey() throws(KeyStoreFault) -> StorageKey {
        let path = "\(folder)/\(Self.storageFile)"
        let secret = SymmetricKey(size: .bits256).withUnsafeBytes { [UInt8]($0) }
        do throws(DurableFile.Fault) {
            try DurableFile.write(
                Array((Hexadecimal.text(of: secret) + "\n").utf8), to: Self.storageFile, in: folder, mode: 0o600,
                replacing: false)
        } catch {
            throw KeyStoreFault(error, path: path)
        }
        guard let key = StorageKey(secret: secret, protection: .file) else { throw .malformedStorageKey(path: path) }
        return key
    }

    private static func storageKey(
        _ text: [UInt8], _ protection: KeyProtection, path: String
    ) throws(KeyStoreFault) -> StorageKey {
        let digits = text.last == UInt8(ascii: "\n") ? text.dropLast() : text[...]
        guard let secret = Hexadecimal.bytes(of: String(decoding: digits, as: UTF8.self)),
            let key = StorageKey(secret: secret, protection: protection)
        else { throw .malformedStorageKey(path: path) }
        return key
    }

    private static func contentsIfPresent(_ path: String) throws(KeyStoreFault) -> DurableFile.Contents? {
        do throws(DurableFile.Fault) {
            return try DurableFile.read(path, lengthMax: keyLengthMax)
        } catch .missing {
            return nil
        } catch {
            throw KeyStoreFault(error, path: path)
        }
    }

    private func name(for use: HubKeyUse) -> String { "\(use.rawValue).key" }

    private func path(for use: HubKeyUse) -> String { "\(folder)/\(name(for: use))" }

    private static func privateKey(pem: [UInt8]) -> P256.Signing.PrivateKey? {
        guard let text = String(validating: pem, as: UTF8.self) else { return nil }
        return try? P256.Signing.PrivateKey(pemRepresentation: text)
    }

    private static func checkPrivate(_ path: String, mode: UInt32, owner: UInt32) throws(KeyStoreFault) {
        guard owner == geteuid() else { throw .foreignOwner(path: path, user: owner) }
        guard mode & 0o077 == 0 else { throw .exposed(path: path, mode: mode) }
    }
}

extension KeyStoreFault {
    /// The one table from file faults to the port's.
    fileprivate init(_ fault: DurableFile.Fault, path: String) {
        self =
            switch fault {
            case .missing: .missing(path: path)
            case .alreadyExists: .alreadyExists(path: path)
            case .tooLarge: .malformed(path: path)
            case .io(let operation, let errno): .io(path: path, operation: operation, errno: errno)
            }
    }
}
