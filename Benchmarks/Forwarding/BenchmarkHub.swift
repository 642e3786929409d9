import Glibc
import HubCore
import HubStore
import KeyStore

/// The state folder of an enrolled hub, as the agent uses it.
struct BenchmarkHub {
    private let state: String
    private let keys: HubKeyStore

    init(state: String) throws {
        self.state = state
        keys = try HubKeyStore(folder: state + "/identity", credentialFolder: nil)
    }

    func openStore() throws -> HubStore {
        let key = try keys.storageKey() ?? keys.makeStorageKey()
        return try HubStore.open(directory: state + "/store", key: key)
    }

    func identity() throws -> HubIdentity {
        try HubIdentity(folder: HubIdentityFolder(path: state + "/identity"), keys: keys)
    }
}
