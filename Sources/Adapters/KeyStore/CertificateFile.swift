package import COSESigning
import Crypto
import DurableFiles
import SwiftASN1
import X509

/// A PEM file of certificates that someone handed to this hub.
package enum CertificateFile {
    package enum Fault: Error, Sendable, Hashable, CustomStringConvertible {
        case unreadable(errno: Int32)
        case malformed
        case notP256

        package var description: String {
            switch self {
            case .unreadable(let errno): "cannot be read (errno \(errno))"
            case .malformed: "holds no certificates in PEM form"
            case .notP256: "holds a certificate whose key is not on P-256"
            }
        }
    }

    /// Bytes of the file, at most.
    private static let lengthMax = 65_536

    /// DER, in the file's order; at least one.
    package static func read(_ path: String) throws(Fault) -> [[UInt8]] {
        let bytes: [UInt8]
        do throws(FileFault) {
            bytes = try DurableFile(path).contents(lengthMax: lengthMax).bytes
        } catch {
            throw .unreadable(errno: error.code)
        }
        guard let chain = PEMCertificates.parse(bytes) else { throw .malformed }
        return chain.der
    }

    /// The first certificate, DER, and its key.
    package static func signer(_ path: String) throws(Fault) -> (der: [UInt8], key: COSEPublicKey) {
        guard let der = try read(path).first, let certificate = try? Certificate(derEncoded: der) else {
            throw .malformed
        }
        guard let key = P256.Signing.PublicKey(certificate.publicKey) else { throw .notP256 }
        return (der, .p256(key))
    }
}
