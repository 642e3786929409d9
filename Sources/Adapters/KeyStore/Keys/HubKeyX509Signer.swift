import Crypto
import FoundationEssentials
import HubCore
import SwiftASN1
import X509

/// Lets swift-certificates sign by a key of the hub, wherever that key is kept.
struct HubKeyX509Signer: CustomPrivateKey {
    private let key: any HubKey
    let publicKey: Certificate.PublicKey

    /// nil when the key's public part is not a point on P-256.
    init?(_ key: any HubKey) {
        guard let publicKey = try? P256.Signing.PublicKey(x963Representation: key.publicKey) else { return nil }
        self.key = key
        self.publicKey = Certificate.PublicKey(publicKey)
    }

    static let defaultPEMDiscriminator = "PRIVATE KEY"

    var defaultSignatureAlgorithm: Certificate.SignatureAlgorithm { .ecdsaWithSHA256 }

    var supportedSignatureAlgorithms: [Certificate.SignatureAlgorithm] { [.ecdsaWithSHA256] }

    func signSynchronously(
        bytes: some DataProtocol, signatureAlgorithm: Certificate.SignatureAlgorithm
    ) throws -> Certificate.Signature {
        guard signatureAlgorithm == .ecdsaWithSHA256 else { throw KeyStoreFault.signingFailed(use: key.use) }
        let raw = try key.signature(for: Array(bytes))
        // RFC 5480 wants r and s as DER; the key gives them plain.
        let der = try P256.Signing.ECDSASignature(rawRepresentation: raw).derRepresentation
        return try Certificate.Signature(
            signatureAlgorithm: signatureAlgorithm, signatureBytes: ASN1BitString(bytes: ArraySlice(der)))
    }

    func serialize(into coder: inout DER.Serializer) throws {
        // The private part does not leave the key store.
        throw KeyStoreFault.signingFailed(use: key.use)
    }

    static func == (left: Self, right: Self) -> Bool {
        left.key.use == right.key.use && left.publicKey == right.publicKey
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(key.use)
        hasher.combine(publicKey)
    }
}
