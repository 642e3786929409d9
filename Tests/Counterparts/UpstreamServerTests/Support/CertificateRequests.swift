import Crypto
import SwiftASN1
import X509

extension [UInt8] {
    /// A PKCS#10 request in DER.
    static func request(_ key: P256.Signing.PrivateKey) throws -> [UInt8] {
        try request(Certificate.PrivateKey(key))
    }

    static func request(_ key: Certificate.PrivateKey) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(
            CertificateSigningRequest(
                version: .v1, subject: DistinguishedName { CommonName("ignored") }, privateKey: key,
                attributes: .init()))
        return serializer.serializedBytes
    }
}
