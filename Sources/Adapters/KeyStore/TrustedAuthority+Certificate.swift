import CORProtocol
package import HubCore
import SwiftASN1
import X509

extension TrustedAuthority {
    private static let nameLengthMax = 128

    /// nil for what is no certificate.
    package init?(certificate der: [UInt8]) {
        guard let certificate = try? Certificate(derEncoded: der) else { return nil }
        self.init(certificate, der: der)
    }

    init?(_ certificate: Certificate) {
        var serializer = DER.Serializer()
        guard (try? serializer.serialize(certificate)) != nil else { return nil }
        self.init(certificate, der: serializer.serializedBytes)
    }

    private init(_ certificate: Certificate, der: [UInt8]) {
        let name = certificate.subject.description.map { $0.isASCII && !$0.isNewline ? $0 : "?" }
        self.init(name: String(name.prefix(Self.nameLengthMax)), fingerprint: .of(der))
    }
}
