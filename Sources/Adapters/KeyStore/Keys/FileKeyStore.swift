import CORProtocol
import Crypto
import DurableFiles
import Glibc
package import HubCore
import TextEncodings

/// Keys as PEM files (PKCS #8) in a folder of mode 0700, each of mode 0600: `tls.key` and `signing.key`, while they are being
/// replaced also `tls.next.key` and `signing.next.key`; beside them `storage.key`, 64 hexadecimal digits.
///
/// What others could have read is refused, not repaired: the key may be known already.
package struct FileKeyStore: KeyStorePort {
    /// A P-256 key in PEM is about 240 bytes.
    static let keyLengthMax = 4096

    private static let storageFile = "storage.key"

    package let folder: String
    private let owner: UInt32

    /// Makes the folder (its parent must exist), or checks the one that is there.
    ///
    /// - Parameter owner: the user whose folder and files they have to be; without it the one of this process.
    package init(folder: String, owner: UInt32? = nil) throws(KeyStoreFault) {
        self.folder = folder
        self.owner = owner ?? geteuid()
        if mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw .io(path: folder, operation: "mkdir", errno: errno)
        }
        var status = stat()
        guard stat(folder, &status) == 0 else { throw .io(path: folder, operation: "stat", errno: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .io(path: folder, operation: "open", errno: ENOTDIR) }
        try checkPrivate(folder, mode: UInt32(status.st_mode) & 0o7777, owner: status.st_uid)
    }

    package func keys(for use: HubKeyUse) throws(KeyStoreFault) -> [any HubKey] {
        var found: [any HubKey] = []
        if let key = try key(use, in: Self.name(for: use)) { found.append(key) }
        if let next = try key(use, in: Self.nextName(for: use)) { found.append(next) }
        guard !found.isEmpty else { throw .missing(path: path(Self.name(for: use))) }
        return found
    }

    package func makesKeys(for use: HubKeyUse) -> Bool { true }

    package func makeKey(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey {
        try make(use, in: Self.name(for: use))
    }

    package func nextKey(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey {
        if let key = try key(use, in: Self.nextName(for: use)) { return key }
        return try make(use, in: Self.nextName(for: use))
    }

    package func adopt(_ key: any HubKey) throws(KeyStoreFault) {
        guard let next = try self.key(key.use, in: Self.nextName(for: key.use)), next.publicKey == key.publicKey else {
            return
        }
        let file = DurableFile(path(Self.name(for: key.use)))
        do throws(FileFault) {
            try DurableFile(path(Self.nextName(for: key.use))).move(over: file)
        } catch {
            throw KeyStoreFault(error, path: file.path)
        }
    }

    package func storageKey() throws(KeyStoreFault) -> StorageKey? {
        let path = path(Self.storageFile)
        guard let contents = try Self.contentsIfPresent(path) else { return nil }
        try checkPrivate(path, mode: contents.mode, owner: contents.owner)
        return try StorageKey(digits: contents.bytes, .file, path: path)
    }

    package func makeStorageKey() throws(KeyStoreFault) -> StorageKey {
        let path = path(Self.storageFile)
        let secret = SymmetricKey(size: .bits256).withUnsafeBytes { [UInt8]($0) }
        do throws(FileFault) {
            try DurableFile(path).make(with: Array((Hexadecimal.text(of: secret) + "\n").utf8), access: .owner)
        } catch {
            throw KeyStoreFault(error, path: path)
        }
        guard let key = StorageKey(secret: secret, protection: .file) else { throw .malformedStorageKey(path: path) }
        return key
    }

    private func key(_ use: HubKeyUse, in name: String) throws(KeyStoreFault) -> (any HubKey)? {
        let path = path(name)
        guard let contents = try Self.contentsIfPresent(path) else { return nil }
        try checkPrivate(path, mode: contents.mode, owner: contents.owner)
        guard let key = HeldHubKey(use: use, protection: .file, pem: contents.bytes) else {
            throw .malformed(path: path)
        }
        return key
    }

    private func make(_ use: HubKeyUse, in name: String) throws(KeyStoreFault) -> any HubKey {
        let privateKey = P256.Signing.PrivateKey()
        let file = DurableFile(path(name))
        do throws(FileFault) {
            try file.make(with: Array((privateKey.pemRepresentation + "\n").utf8), access: .owner)
        } catch {
            throw KeyStoreFault(error, path: file.path)
        }
        return HeldHubKey(use: use, protection: .file, privateKey: privateKey)
    }

    private static func contentsIfPresent(_ path: String) throws(KeyStoreFault) -> DurableFile.Contents? {
        do throws(FileFault) {
            return try DurableFile(path).contentsIfThere(lengthMax: keyLengthMax)
        } catch {
            throw KeyStoreFault(error, path: path)
        }
    }

    private static func name(for use: HubKeyUse) -> String { "\(use.rawValue).key" }

    private static func nextName(for use: HubKeyUse) -> String { "\(use.rawValue).next.key" }

    private func path(_ name: String) -> String { "\(folder)/\(name)" }

    private func checkPrivate(_ path: String, mode: UInt32, owner: UInt32) throws(KeyStoreFault) {
        guard owner == self.owner else { throw .foreignOwner(path: path, user: owner) }
        guard mode & 0o077 == 0 else { throw .exposed(path: path, mode: mode) }
    }
}

extension StorageKey {
    /// 64 hexadecimal digits, with or without the end of a line.
    init(digits text: [UInt8], _ protection: KeyProtection, path: String) throws(KeyStoreFault) {
        let digits = text.last == UInt8(ascii: "\n") ? text.dropLast() : text[...]
        guard let secret = Hexadecimal.bytes(of: String(decoding: digits, as: UTF8.self)),
            let key = StorageKey(secret: secret, protection: protection)
        else { throw .malformedStorageKey(path: path) }
        self = key
    }
}

extension KeyStoreFault {
    /// The one table from file faults to the port's.
    init(_ fault: FileFault, path: String) {
        self =
            switch fault.code {
            case _ where fault.isMissing: .missing(path: path)
            case _ where fault.isTaken: .alreadyExists(path: path)
            case EFBIG where fault.operation == .read: .malformed(path: path)
            default: .io(path: path, operation: fault.operation.rawValue, errno: fault.code)
            }
    }
}
