package import Crypto

/// Whatever holds a private key: in memory here, behind a TPM or PKCS#11 elsewhere.
package protocol COSESigner: Sendable {
    var algorithm: COSEAlgorithm { get }

    /// The raw signature over `message`, `algorithm.signatureLength` bytes; for ES256 r ‖ s, not DER.
    func signature(for message: [UInt8]) throws(COSEError) -> [UInt8]
}

/// Signs with ES256.
package struct P256COSESigner: COSESigner {
    private let key: P256.Signing.PrivateKey

    package init(_ key: P256.Signing.PrivateKey) {
        self.key = key
    }

    package var algorithm: COSEAlgorithm { .es256 }

    package func signature(for message: [UInt8]) throws(COSEError) -> [UInt8] {
        do {
            return Array(try key.signature(for: message).rawRepresentation)
        } catch {
            throw .signingFailed
        }
    }
}

/// Signs with EdDSA on Ed25519.
package struct Ed25519COSESigner: COSESigner {
    private let key: Curve25519.Signing.PrivateKey

    package init(_ key: Curve25519.Signing.PrivateKey) {
        self.key = key
    }

    package var algorithm: COSEAlgorithm { .edDSA }

    package func signature(for message: [UInt8]) throws(COSEError) -> [UInt8] {
        do {
            return Array(try key.signature(for: message))
        } catch {
            throw .signingFailed
        }
    }
}
