package import CORProtocol
import Crypto
import Glibc
package import HubCore

/// Keys as PEM files (PKCS #8) in a folder of mode 0700, each of mode 0600: `tls.key` and `signing.key`.
///
/// What others could have read is refused, not repaired: the key may be known already.
package struct FileKeyStore: KeyStorePort {
    /// A P-256 key in PEM is about 240 bytes.
    static let keyLengthMax = 4096

    package let folder: String

    /// Makes the folder (its parent must exist), or checks the one that is there.
    package init(folder: String) throws(KeyStoreFault) {
        self.folder = folder
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
