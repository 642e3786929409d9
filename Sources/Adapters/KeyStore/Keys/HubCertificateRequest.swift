package import CORProtocol
package import HubCore
import SwiftASN1
import X509

/// A PKCS #10 certification request for a key of the hub (RFC 2986), signed by that key.
package struct HubCertificateRequest: Sendable, Hashable {
    /// DER.
    package let bytes: [UInt8]

    /// Names `hubID` as the common name; the upstream decides what it certifies.
    package init(hubID: HubID, key: any HubKey) throws(KeyStoreFault) {
        guard let signer = HubKeyX509Signer(key) else { throw .signingFailed(use: key.use) }
        do {
            let request = try CertificateSigningRequest(
                version: .v1,
                subject: DistinguishedName { CommonName(hubID.text) },
                privateKey: Certificate.PrivateKey(signer),
                attributes: .init(),
                signatureAlgorithm: .ecdsaWithSHA256)
            var serializer = DER.Serializer()
            try serializer.serialize(request)
            bytes = serializer.serializedBytes
        } catch {
            throw .signingFailed(use: key.use)
        }
    }
}
