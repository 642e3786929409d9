import CORProtocol
import FoundationEssentials
package import JSONCoding

/// Two certificate requests (PKCS#10, DER): one key for TLS, another for signatures.
package struct EnrolmentRequest: Sendable, Hashable {
    /// A P-256 request takes about 250 bytes.
    package static let requestLengthMax = 4096

    package var transport: [UInt8]
    package var signing: [UInt8]

    package init(transport: [UInt8], signing: [UInt8]) {
        self.transport = transport
        self.signing = signing
    }

    /// Reads {"tls_csr": base64, "signing_csr": base64}.
    package init(json: JSONValue) throws(CertificateFault) {
        transport = try Self.request(json, "tls_csr")
        signing = try Self.request(json, "signing_csr")
    }

    /// What makes a repetition the same request.
    var hash: SHA256Hash { SHA256Hash.of(SHA256Hash.of(transport).bytes + SHA256Hash.of(signing).bytes) }

    private static func request(_ json: JSONValue, _ name: String) throws(CertificateFault) -> [UInt8] {
        guard let text = json[name]?.stringValue, let data = Data(base64Encoded: text) else {
            throw .malformed("\(name): base64 of a certificate request expected")
        }
        guard data.count <= requestLengthMax else { throw .malformed("\(name): longer than \(requestLengthMax) bytes") }
        return Array(data)
    }
}
