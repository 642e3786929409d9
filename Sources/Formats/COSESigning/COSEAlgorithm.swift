/// The signature algorithms in use, by their COSE numbers (RFC 9053 §2).
package enum COSEAlgorithm: Int64, Sendable, Hashable {
    /// ECDSA with SHA-256, here always on P-256; the signature is r ‖ s, 64 bytes.
    case es256 = -7
    /// EdDSA, here always Ed25519; the signature has 64 bytes.
    case edDSA = -8

    /// The length of a signature in bytes.
    package var signatureLength: Int {
        switch self {
        case .es256, .edDSA: 64
        }
    }
}
