import Crypto

/// A public key that may sign images.
///
/// As MCUboot has it: the SubjectPublicKeyInfo in DER, of which an image carries the SHA-256. Ed25519 (RFC 8410) or ECDSA on P-256
/// with an uncompressed point (RFC 5480).
package struct ImageKey: Sendable {
    enum Algorithm: Sendable {
        case ed25519(Curve25519.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
    }

    /// Why bytes are no key. They come from whoever runs the hub, not from a peer.
    package enum Fault: Error, Sendable, Hashable {
        /// Neither of the two kinds of keys, or not in this form. A private key is none either.
        case unsupported
        /// The point is not on the curve.
        case invalid
        /// A point of small order: anybody can sign for it.
        case weak
    }

    let algorithm: Algorithm
    /// SHA-256 of the key's DER, 32 bytes.
    package let hash: [UInt8]

    private static let ed25519Head: [UInt8] = [
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]
    private static let p256Head: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE,
        0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ]

    package init(der: [UInt8]) throws(Fault) {
        if der.starts(with: Self.ed25519Head), der.count == Self.ed25519Head.count + 32 {
            let point = Array(der.dropFirst(Self.ed25519Head.count))
            guard !Ed25519Strictness.isOfSmallOrder(point) else { throw .weak }
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: point) else { throw .invalid }
            algorithm = .ed25519(key)
        } else if der.starts(with: Self.p256Head), der.count == Self.p256Head.count + 65 {
            let point = Array(der.dropFirst(Self.p256Head.count))
            guard point[0] == 0x04 else { throw .unsupported }
            guard let key = try? P256.Signing.PublicKey(x963Representation: point) else { throw .invalid }
            algorithm = .p256(key)
        } else {
            throw .unsupported
        }
        hash = Array(SHA256.hash(data: der))
    }

    var signatureType: ImageTLVType {
        switch algorithm {
        case .ed25519: .ed25519
        case .p256: .ecdsa
        }
    }

    /// Judges a signature over a SHA-256 digest.
    func check(_ signature: [UInt8], over digest: ImageDigest) throws(ImageRefusal) {
        switch algorithm {
        case .ed25519(let key):
            try Ed25519Strictness.check(signature)
            // MCUboot signs the digest as the message, unless the image is marked as pure.
            guard key.isValidSignature(signature, for: digest.bytes) else { throw .signatureWrong }
        case .p256(let key):
            let raw = try ECDSASignatureDER.raw(signature)
            guard let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: raw),
                key.isValidSignature(parsed, for: digest)
            else { throw .signatureWrong }
        }
    }
}

extension ImageKey.Fault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unsupported:
            "no public key of Ed25519, or of P-256 with an uncompressed point, as SubjectPublicKeyInfo"
        case .invalid: "a point that is not on the curve"
        case .weak: "a point of small order, for which anybody can sign"
        }
    }
}
