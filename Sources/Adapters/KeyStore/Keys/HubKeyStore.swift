import CORProtocol
package import HubCore

/// The hub's keys wherever each is kept: as a credential where there is one, else in the identity folder.
///
/// What is found in both is told apart by the certificate. A key that is a credential is never replaced by a file.
package struct HubKeyStore: KeyStorePort {
    private let credentials: CredentialKeyStore?
    private let files: FileKeyStore

    /// - Parameters:
    ///   - folder: of the files; made where it is missing.
    ///   - credentialFolder: $CREDENTIALS_DIRECTORY, where the service manager gives credentials.
    ///   - owner: the user whose the files have to be; without it the one of this process.
    package init(folder: String, credentialFolder: String?, owner: UInt32? = nil) throws(KeyStoreFault) {
        credentials = credentialFolder.map(CredentialKeyStore.init)
        files = try FileKeyStore(folder: folder, owner: owner)
    }

    package func keys(for use: HubKeyUse) throws(KeyStoreFault) -> [any HubKey] {
        let held = try credentialKeys(for: use)
        do throws(KeyStoreFault) {
            return held + (try files.keys(for: use))
        } catch .missing where !held.isEmpty {
            return held
        } catch {
            throw error
        }
    }

    package func makesKeys(for use: HubKeyUse) -> Bool {
        do throws(KeyStoreFault) {
            return try credentialKeys(for: use).isEmpty
        } catch {
            // A credential that cannot be used is one all the same.
            return false
        }
    }

    package func makeKey(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey {
        guard try credentialKeys(for: use).isEmpty else { throw .notMadeHere(use: use) }
        return try files.makeKey(for: use)
    }

    package func nextKey(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey {
        guard try credentialKeys(for: use).isEmpty else { throw .notMadeHere(use: use) }
        return try files.nextKey(for: use)
    }

    package func adopt(_ key: any HubKey) throws(KeyStoreFault) {
        guard key.protection == .file else { return }
        try files.adopt(key)
    }

    package func storageKey() throws(KeyStoreFault) -> StorageKey? {
        if let key = try credentials?.storageKey() { return key }
        return try files.storageKey()
    }

    package func makeStorageKey() throws(KeyStoreFault) -> StorageKey { try files.makeStorageKey() }

    private func credentialKeys(for use: HubKeyUse) throws(KeyStoreFault) -> [any HubKey] {
        guard let credentials else { return [] }
        do throws(KeyStoreFault) {
            return try credentials.keys(for: use)
        } catch .missing {
            return []
        } catch {
            throw error
        }
    }
}
