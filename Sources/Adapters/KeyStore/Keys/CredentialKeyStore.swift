import CORProtocol
import DurableFiles
package import HubCore

/// Keys that the service manager hands over as credentials (systemd.exec(5), LoadCredential= and LoadCredentialEncrypted=):
/// `corhub-tls-key` and `corhub-signing-key` in PEM, `corhub-storage-key` as 64 hexadecimal digits.
///
/// They can be read and not made here. Who else may read them is the service manager's matter.
package struct CredentialKeyStore: KeyStorePort {
    private let folder: String

    /// - Parameter folder: $CREDENTIALS_DIRECTORY.
    package init(folder: String) {
        self.folder = folder
    }

    package func keys(for use: HubKeyUse) throws(KeyStoreFault) -> [any HubKey] {
        let path = path("\(use.rawValue)-key")
        guard let bytes = try contentsIfPresent(path) else { throw .missing(path: path) }
        guard let key = HeldHubKey(use: use, protection: .credential, pem: bytes) else { throw .malformed(path: path) }
        return [key]
    }

    package func makesKeys(for use: HubKeyUse) -> Bool { false }

    package func makeKey(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey { throw .notMadeHere(use: use) }

    package func nextKey(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey { throw .notMadeHere(use: use) }

    package func adopt(_ key: any HubKey) throws(KeyStoreFault) {
        // The only key that there is.
    }

    package func storageKey() throws(KeyStoreFault) -> StorageKey? {
        let path = path("storage-key")
        guard let bytes = try contentsIfPresent(path) else { return nil }
        return try StorageKey(digits: bytes, .credential, path: path)
    }

    package func makeStorageKey() throws(KeyStoreFault) -> StorageKey {
        throw .alreadyExists(path: path("storage-key"))
    }

    private func contentsIfPresent(_ path: String) throws(KeyStoreFault) -> [UInt8]? {
        do throws(FileFault) {
            return try DurableFile(path).contentsIfThere(lengthMax: FileKeyStore.keyLengthMax)?.bytes
        } catch {
            throw KeyStoreFault(error, path: path)
        }
    }

    private func path(_ name: String) -> String { "\(folder)/corhub-\(name)" }
}
