import Crypto
import CryptoExtras
import TextEncodings

/// A public key as metadata have it.
///
/// Usable are ed25519 (64 hexadecimal digits), ecdsa-sha2-nistp256 (PEM, key type `ecdsa` or the scheme's name) and
/// rsassa-pss-sha256 (PEM, 2,048 bits or more). Everything else parses, and verifies nothing.
struct MetadataKey: Sendable {
    private enum Algorithm: Sendable {
        case ed25519(Curve25519.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
    }

    private let algorithm: Algorithm
    /// What makes two keys one, whatever they are called and however their PEM is wrapped.
    let identity: [UInt8]

    private static let rsaBitCountMin = 2_048

    /// nil for a key that cannot be used.
    init?(_ value: MetadataValue) {
        guard let type = value["keytype"]?.stringValue, let scheme = value["scheme"]?.stringValue,
            let text = value["keyval"]?["public"]?.stringValue
        else { return nil }
        switch (type, scheme) {
        case ("ed25519", "ed25519"):
            guard text.utf8.count == 64, let bytes = Hexadecimal.bytes(of: text),
                let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
            else { return nil }
            algorithm = .ed25519(key)
            identity = bytes
        case ("ecdsa", "ecdsa-sha2-nistp256"), ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"):
            guard let key = try? P256.Signing.PublicKey(pemRepresentation: text) else { return nil }
            algorithm = .p256(key)
            identity = Array(key.x963Representation)
        case ("rsa", "rsassa-pss-sha256"):
            guard let key = try? _RSA.Signing.PublicKey(pemRepresentation: text),
                key.keySizeInBits >= Self.rsaBitCountMin
            else { return nil }
            algorithm = .rsa(key)
            identity = Array(key.derRepresentation)
        default:
            return nil
        }
    }

    func hasSigned(_ message: [UInt8], _ signature: [UInt8]) -> Bool {
        switch algorithm {
        case .ed25519(let key):
            return key.isValidSignature(signature, for: message)
        case .p256(let key):
            guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: message)
        case .rsa(let key):
            // MGF1 and a salt of 32 bytes, as signers make them; another length is refused.
            return key.isValidSignature(.init(rawRepresentation: signature), for: message, padding: .PSS)
        }
    }

    /// The id that a key has by the specification (§4.2): SHA-256 over the canonical form with all its fields.
    static func identifier(ofCanonical bytes: ArraySlice<UInt8>) -> String {
        Hexadecimal.text(of: Array(SHA256.hash(data: bytes)))
    }
}
