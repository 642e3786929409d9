package import HubCore
import NIOSSL

/// What a TLS connection rests on: the pinned CA, and the client's own credential if it has one yet.
package struct HTTPTrust: Sendable {
    /// The only certificates that the server's chain may lead to, DER. The system's own are never consulted.
    package var anchors: [[UInt8]]
    /// nil before enrolment: then no client certificate is shown.
    package var credential: Credential?
    /// The region that the server's certificate must name (`UpstreamRegion`); nil where any will do.
    package var region: String?

    package struct Credential: Sendable {
        package var key: any HubKey
        /// DER, the client's own certificate first.
        package var chain: [[UInt8]]

        package init(key: any HubKey, chain: [[UInt8]]) {
            self.key = key
            self.chain = chain
        }
    }

    package init(anchors: [[UInt8]], credential: Credential?, region: String? = nil) {
        self.anchors = anchors
        self.credential = credential
        self.region = region
    }

    /// Trusts whoever answers: for reading what is then compared with a fingerprint that came by another way (RFC 7030
    /// §4.1.1), and for nothing else. No credential is shown.
    package static var unverifiedBootstrap: HTTPTrust {
        var trust = HTTPTrust(anchors: [], credential: nil)
        trust.verifiesServer = false
        return trust
    }

    private var verifiesServer = true

    /// TLS 1.2 or better, the server's name verified.
    func context() throws(HTTPFailure) -> NIOSSLContext {
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.certificateVerification = verifiesServer ? .fullVerification : .none
            configuration.trustRoots = .certificates(try anchors.map { try NIOSSLCertificate(bytes: $0, format: .der) })
            configuration.applicationProtocols = ["http/1.1"]
            if let credential {
                configuration.certificateChain = try credential.chain.map {
                    .certificate(try NIOSSLCertificate(bytes: $0, format: .der))
                }
                configuration.privateKey = .privateKey(
                    NIOSSLPrivateKey(customPrivateKey: HubKeyTLSSigner(credential.key)))
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .ownCredentialUnusable(reason: "\(error)")
        }
    }
}
