import Foundation
import HubCore
import PeerFixtures
import Testing
import UpstreamClient

@Suite("Mutual TLS against OpenSSL")
struct HTTPTrustTests {
    let certificates: CertificateFixtures
    var folder: TemporaryFolder { certificates.folder }

    init() throws {
        certificates = try CertificateFixtures()
        try certificates.makeRoot("ca")
        try certificates.make(
            "server", subject: "/CN=server", issuer: "ca",
            extensions: CertificateFixtures.serverExtensions("DNS:localhost,IP:127.0.0.1"))
        try certificates.make(
            "hub", subject: "/CN=hub-0001", issuer: "ca", extensions: CertificateFixtures.clientExtensions)
    }

    func credential(_ name: String = "hub") throws -> HTTPTrust.Credential {
        HTTPTrust.Credential(
            key: try PEMHubKey(pem: folder.read("\(name).key")), chain: [try certificates.der(name)])
    }

    func client(
        _ peer: PeerProcess, host: String = "localhost", anchor: String = "ca", credential: HTTPTrust.Credential? = nil,
        limits: HTTPLimits = HTTPLimits()
    ) throws -> HTTPClient {
        let trust = HTTPTrust(anchors: [try certificates.der(anchor)], credential: credential)
        return try HTTPClient(.tls(host: host, port: peer.port, trust), limits: limits)
    }

    func failure(_ client: HTTPClient) async -> HTTPFailure? {
        do throws(HTTPFailure) {
            _ = try await client.send(HTTPRequest(.get, "/"))
            return nil
        } catch {
            return error
        }
    }

    @Test("Both sides prove who they are, in TLS 1.3 and in 1.2", arguments: ["1.3", "1.2"])
    func mutual(version: String) async throws {
        let peer = try PeerProcess.python(
            Peer.script, ["echo", "--tls", "server.pem", "server.key", "--client-ca", "ca.pem", "--tls-max", version],
            in: folder)
        let client = try client(peer, credential: credential())
        for count in 1...3 {
            let echo = try Echo(try await client.send(HTTPRequest(.post, "/", body: [1, 2, 3])))
            #expect(echo.version == "TLSv\(version)")
            #expect(echo.subject == [["commonName", "hub-0001"]])
            #expect(echo.connection == 1 && echo.request == count)
            #expect(echo.fields["host"] == "localhost:\(peer.port)")
        }
    }

    @Test("An address is verified against the certificate's addresses")
    func address() async throws {
        let peer = try PeerProcess.python(Peer.script, ["echo", "--tls", "server.pem", "server.key"], in: folder)
        #expect(try await client(peer, host: "127.0.0.1").send(HTTPRequest(.get, "/")).status == 200)
        try certificates.make(
            "named", subject: "/CN=127.0.0.1", issuer: "ca",
            extensions: CertificateFixtures.serverExtensions("DNS:localhost"))
        let other = try PeerProcess.python(Peer.script, ["echo", "--tls", "named.pem", "named.key"], in: folder)
        #expect(await failure(try client(other, host: "127.0.0.1")) == .tls(.peerNameMismatch))
    }

    @Test("Threat 5: an upstream of another CA is not spoken to")
    func otherCA() async throws {
        try certificates.makeRoot("other")
        let peer = try PeerProcess.openssl(["-cert", "server.pem", "-key", "server.key", "-www"], in: folder)
        #expect(await failure(try client(peer, anchor: "other")) == .tls(.peerNotTrusted))
        #expect(await failure(try client(peer)) == nil)
    }

    @Test("Threat 5: an expired certificate is not trusted")
    func expired() async throws {
        try certificates.make(
            "expired", subject: "/CN=server", issuer: "ca", days: -1,
            extensions: CertificateFixtures.serverExtensions("DNS:localhost"))
        let peer = try PeerProcess.openssl(["-cert", "expired.pem", "-key", "expired.key", "-www"], in: folder)
        #expect(await failure(try client(peer)) == .tls(.peerNotTrusted))
    }

    @Test("Threat 5: a certificate for another name is not trusted")
    func otherName() async throws {
        try certificates.make(
            "elsewhere", subject: "/CN=localhost", issuer: "ca",
            extensions: CertificateFixtures.serverExtensions("DNS:elsewhere.example"))
        let peer = try PeerProcess.openssl(["-cert", "elsewhere.pem", "-key", "elsewhere.key", "-www"], in: folder)
        #expect(await failure(try client(peer)) == .tls(.peerNameMismatch))
    }

    @Test("A client's certificate is no server's")
    func wrongPurpose() async throws {
        try certificates.make(
            "client", subject: "/CN=localhost", issuer: "ca",
            extensions: CertificateFixtures.clientExtensions + ["subjectAltName=DNS:localhost"])
        let peer = try PeerProcess.openssl(["-cert", "client.pem", "-key", "client.key", "-www"], in: folder)
        #expect(await failure(try client(peer)) == .tls(.peerNotTrusted))
    }

    @Test("A server that demands a certificate and gets none, or a stranger's, ends it", arguments: ["1.3", "1.2"])
    func ownCertificateRefused(version: String) async throws {
        try certificates.makeRoot("other")
        try certificates.make("stranger", subject: "/CN=hub-0001", issuer: "other")
        let peer = try PeerProcess.openssl(
            ["-cert", "server.pem", "-key", "server.key", "-CAfile", "ca.pem", "-Verify", "2", "-verify_return_error"]
                + ["-www", version == "1.2" ? "-tls1_2" : "-tls1_3"],
            in: folder)
        for credential in [nil, try credential("stranger")] {
            let found = await failure(try client(peer, credential: credential))
            // A server that closes right after its alert may cut the alert off.
            let expected: [HTTPFailure?] = [
                .tls(.ownCertificateRefused), .tls(.handshakeFailed(reason: "SSLV3_ALERT_HANDSHAKE_FAILURE")),
                .connectionLost,
            ]
            #expect(expected.contains(found), "\(String(describing: found))")
        }
        #expect(await failure(try client(peer, credential: credential())) == nil)
    }

    @Test("TLS 1.1 is not spoken")
    func oldVersion() async throws {
        let peer = try PeerProcess.openssl(
            ["-cert", "server.pem", "-key", "server.key", "-www", "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"],
            in: folder)
        guard case .tls(.handshakeFailed) = await failure(try client(peer)) else {
            Issue.record("TLS 1.1 was accepted")
            return
        }
    }

    @Test("A server without TLS is none of ours")
    func plain() async throws {
        let peer = try PeerProcess.python(Peer.script, ["garbage"], in: folder)
        let found = await failure(try client(peer, limits: .hasty))
        #expect(found == .timedOut(.tls) || found == .tls(.handshakeFailed(reason: "WRONG_VERSION_NUMBER")))
    }

    @Test("A peer that accepts and says nothing is left after the handshake's time")
    func halfOpen() async throws {
        let peer = try PeerProcess.python(Peer.script, ["half-open"], in: folder)
        #expect(await failure(try client(peer, limits: .hasty)) == .timedOut(.tls))
    }

    @Test("A body that ends without close_notify is not taken for whole")
    func truncated() async throws {
        let peer = try PeerProcess.python(
            Peer.script, ["until-close", "--tls", "server.pem", "server.key"], in: folder)
        #expect(try await client(peer).send(HTTPRequest(.get, "/")).body == Array("until the end".utf8))
        let cut = try PeerProcess.python(Peer.script, ["cut", "--tls", "server.pem", "server.key"], in: folder)
        #expect(await failure(try client(cut)) == .connectionLost)
    }

    @Test("Nobody listening, and no such name")
    func unreachable() async throws {
        let port = try PeerProcess.python(Peer.script, ["silent"], in: folder).port
        let trust = HTTPTrust(anchors: [try certificates.der("ca")], credential: nil)
        #expect(await failure(try HTTPClient(.tls(host: "localhost", port: port, trust))) == .refused)
        #expect(
            await failure(try HTTPClient(.tls(host: "no-such-name.invalid", port: port, trust))) == .nameNotResolved)
    }

    @Test("A chain that is none is said at once")
    func unusableCredential() throws {
        let failure = #expect(throws: HTTPFailure.self) {
            _ = try HTTPClient(.tls(host: "localhost", port: 1, HTTPTrust(anchors: [[1, 2, 3]], credential: nil)))
        }
        guard case .ownCredentialUnusable = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }
}
