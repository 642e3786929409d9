import HubCore
import NIOCore
import NIOSSL

/// Where a server says that it keeps data: `urn:corhub:region:REGION` among the alternative names of its certificate, which
/// its authority has signed (firmware-specs/upstream.md).
enum UpstreamRegion {
    private static let prefix = "urn:corhub:region:"
    private static let lengthMax = 64

    /// Looks at the certificate behind the chain's and the name's own checks, before a byte of a request is sent.
    static func check(_ certificate: NIOSSLCertificate, is expected: String) throws {
        let found = regions(of: certificate)
        guard found == [expected] else {
            throw HTTPFailure.tls(.otherRegion(expected: expected, found: found.first))
        }
    }

    private static func regions(of certificate: NIOSSLCertificate) -> [String] {
        certificate._subjectAlternativeNames().compactMap { name in
            guard name.nameType == .uri else { return nil }
            let uri = String(decoding: name.contents, as: UTF8.self)
            return uri.hasPrefix(prefix) ? String(uri.dropFirst(prefix.count).prefix(lengthMax)) : nil
        }
    }
}
