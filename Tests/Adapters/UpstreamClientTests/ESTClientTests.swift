import CORProtocol
import Foundation
import HubCore
import PeerFixtures
import Testing
import UpstreamClient

@Suite("The hub as a client of EST")
struct ESTClientTests {
    let certificates: CertificateFixtures

    init() throws {
        certificates = try CertificateFixtures()
        try certificates.makeRoot("ca")
        try certificates.make(
            "server", subject: "/CN=server", issuer: "ca",
            extensions: CertificateFixtures.serverExtensions("DNS:localhost"))
    }

    /// A server with one answer, and the client that asks it.
    func client(_ arguments: String..., knowing authority: String = "ca") throws -> (PeerProcess, ESTClient) {
        let peer = try PeerProcess.python(
            Peer.script, ["fixed", "--tls", "server.pem", "server.key"] + arguments, in: certificates.folder)
        let client = ESTClient(
            try UpstreamURL(parsing: "https://localhost:\(peer.port)"),
            trust: HTTPTrust(anchors: [try certificates.der(authority)], credential: nil), clock: FixedClock(),
            limits: .small)
        return (peer, client)
    }

    var request: CertificationRequest {
        get throws {
            CertificationRequest(
                use: .tls, request: [0x30, 0x00],
                ground: .token(hub: try #require(HubID("hub-0001")), secret: "secret-token"))
        }
    }

    /// openssl's certs-only message of the authority, in base64 as `openssl base64` breaks it.
    func message() throws -> String {
        try OpenSSLTool.run(
            ["crl2pkcs7", "-nocrl", "-certfile", "ca.pem", "-outform", "DER", "-out", "ca.p7"], in: certificates.folder)
        return try OpenSSLTool.run(["base64", "-in", "ca.p7"], in: certificates.folder)
    }

    @Test("Certificates that openssl packed are taken out")
    func granted() async throws {
        let (peer, client) = try client(
            "--field", "Content-Type: application/pkcs7-mime; smime-type=certs-only", "--body", try message())
        defer { withExtendedLifetime(peer) {} }
        for answer in [await client.authorities(), await client.certificates(for: try request)] {
            guard case .granted(let found) = answer else {
                Issue.record("\(answer)")
                continue
            }
            #expect(found == [try certificates.der("ca")])
        }
    }

    @Test("202 waits for as long as it says")
    func pending() async throws {
        let (peer, client) = try client("--status", "202", "--field", "Retry-After: 77")
        defer { withExtendedLifetime(peer) {} }
        guard case .pending(.seconds(77)) = await client.certificates(for: try request) else {
            Issue.record("not pending")
            return
        }
    }

    @Test("A refusal is told in the upstream's words; plain text of others is a refusal too")
    func refused() async throws {
        let (first, ours) = try client(
            "--status", "401", "--body", #"{"error":{"code":"token-used","message":"spent"}}"#)
        guard case .refused(401, "token-used", "spent") = await ours.certificates(for: try request) else {
            Issue.record("not refused")
            return
        }
        let (second, others) = try client("--status", "403", "--body", "Forbidden\n")
        guard case .refused(403, "refused", _) = await others.certificates(for: try request) else {
            Issue.record("not refused")
            return
        }
        withExtendedLifetime((first, second)) {}
    }

    @Test(
        "What is no answer of EST is none",
        arguments: [
            ["--body", "<html>Welcome</html>"], ["--field", "Content-Type: application/pkcs7-mime", "--body", "AAAA"],
            ["--status", "302", "--field", "Location: https://portal.example/"], ["--status", "204"],
        ])
    func notEST(arguments: [String]) async throws {
        let peer = try PeerProcess.python(
            Peer.script, ["fixed", "--tls", "server.pem", "server.key"] + arguments, in: certificates.folder)
        let client = ESTClient(
            try UpstreamURL(parsing: "https://localhost:\(peer.port)"),
            trust: HTTPTrust(anchors: [try certificates.der("ca")], credential: nil), clock: FixedClock(),
            limits: .small)
        guard case .failed(.unexpectedAnswer, nil) = await client.certificates(for: try request) else {
            Issue.record("taken: \(arguments)")
            return
        }
    }

    @Test("Threat 5: the token is not shown to an upstream of another authority, whose certificates can be looked at")
    func threat5TokenKept() async throws {
        try certificates.makeRoot("other")
        let (peer, client) = try client(knowing: "other")
        guard case .failed(.tls(.peerNotTrusted), nil) = await client.certificates(for: try request) else {
            Issue.record("trusted")
            return
        }
        let shown = await ShownCertificates.of(try UpstreamURL(parsing: "https://localhost:\(peer.port)"))
        #expect(shown == [try certificates.der("server")])
        #expect(await ShownCertificates.of(try UpstreamURL(parsing: "https://localhost:1")) == [])
    }

    @Test("What describes a request holds no token")
    func redacted() throws {
        #expect(!"\(try request)".contains("secret"))
        #expect(!"\(try request.ground)".contains("secret"))
    }
}
