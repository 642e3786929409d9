import Crypto
import HubCore

/// A P-256 key that was read from a file and is held in memory.
struct FileHubKey: HubKey {
    let use: HubKeyUse
    private let privateKey: P256.Signing.PrivateKey

    init(use: HubKeyUse, privateKey: P256.Signing.PrivateKey) {
        self.use = use
        self.privateKey = privateKey
    }

    var publicKey: [UInt8] { Array(privateKey.publicKey.x963Representation) }

    func signature(for message: [UInt8]) throws(KeyStoreFault) -> [UInt8] {
        do {
            return Array(try privateKey.signature(for: message).rawRepresentation)
        } catch {
            throw .signingFailed(use: use)
        }
    }
}
