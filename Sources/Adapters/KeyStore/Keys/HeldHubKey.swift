import CORProtocol
import Crypto
import HubCore

/// A P-256 key that was read from a file or a credential and is held in memory.
struct HeldHubKey: HubKey {
    let use: HubKeyUse
    let protection: KeyProtection
    private let privateKey: P256.Signing.PrivateKey

    init(use: HubKeyUse, protection: KeyProtection, privateKey: P256.Signing.PrivateKey) {
        self.use = use
        self.protection = protection
        self.privateKey = privateKey
    }

    /// nil unless it is a PEM private key on P-256.
    init?(use: HubKeyUse, protection: KeyProtection, pem: [UInt8]) {
        guard let text = String(validating: pem, as: UTF8.self),
            let privateKey = try? P256.Signing.PrivateKey(pemRepresentation: text)
        else { return nil }
        self.init(use: use, protection: protection, privateKey: privateKey)
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
