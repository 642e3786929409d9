import SwiftASN1
import X509

/// The certificates of one PEM text, in its order, with the DER they were made of.
struct PEMCertificates {
    var certificates: [Certificate]
    var der: [[UInt8]]

    /// nil unless the text holds at least one certificate, and nothing but certificates.
    static func parse(_ bytes: [UInt8]) -> PEMCertificates? {
        guard
            let text = String(validating: bytes, as: UTF8.self),
            let documents = try? PEMDocument.parseMultiple(pemString: text),
            !documents.isEmpty
        else { return nil }
        var result = PEMCertificates(certificates: [], der: [])
        for document in documents {
            guard
                document.discriminator == Certificate.defaultPEMDiscriminator,
                let certificate = try? Certificate(derEncoded: document.derBytes)
            else { return nil }
            result.certificates.append(certificate)
            result.der.append(document.derBytes)
        }
        return result
    }

    static func text(of certificates: some Sequence<[UInt8]>) -> String {
        certificates.map {
            PEMDocument(type: Certificate.defaultPEMDiscriminator, derBytes: $0).pemString + "\n"
        }.joined()
    }
}
