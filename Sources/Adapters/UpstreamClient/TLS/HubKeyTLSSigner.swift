import Crypto
import HubCore
import NIOCore
import NIOSSL

/// Lets NIOSSL sign handshakes by a key of the hub, wherever that key is kept.
struct HubKeyTLSSigner: NIOSSLCustomPrivateKey, Hashable {
    private let key: any HubKey

    init(_ key: any HubKey) {
        self.key = key
    }

    let signatureAlgorithms: [SignatureAlgorithm] = [.ecdsaSecp256R1Sha256]

    func sign(channel: any Channel, algorithm: SignatureAlgorithm, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        channel.eventLoop.makeCompletedFuture {
            guard algorithm == .ecdsaSecp256R1Sha256 else { throw KeyStoreFault.signingFailed(use: key.use) }
            let raw = try key.signature(for: Array(data.readableBytesView))
            // RFC 8446 §4.2.3: ECDSA signatures are DER in TLS; the key gives r and s plain.
            return ByteBuffer(bytes: try P256.Signing.ECDSASignature(rawRepresentation: raw).derRepresentation)
        }
    }

    func decrypt(channel: any Channel, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        // RSA key exchange only; the key is on P-256.
        channel.eventLoop.makeFailedFuture(KeyStoreFault.signingFailed(use: key.use))
    }

    static func == (left: Self, right: Self) -> Bool {
        left.key.use == right.key.use && left.key.publicKey == right.key.publicKey
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(key.use)
        hasher.combine(key.publicKey)
    }
}
