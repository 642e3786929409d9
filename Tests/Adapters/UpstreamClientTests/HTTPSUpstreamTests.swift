import CORProtocol
import Foundation
import HubCore
import PeerFixtures
import Testing
import UpstreamClient

@Suite("The upstream, as the hub speaks to it")
struct HTTPSUpstreamTests {
    let certificates: CertificateFixtures

    init() throws {
        certificates = try CertificateFixtures()
        try certificates.makeRoot("ca")
        try certificates.make(
            "server", subject: "/CN=server", issuer: "ca",
            extensions: CertificateFixtures.serverExtensions("DNS:localhost"))
        try certificates.make(
            "hub", subject: "/CN=hub-0001", issuer: "ca", extensions: CertificateFixtures.clientExtensions)
    }

    func peer(_ behaviour: String, clientCA: Bool = true, _ arguments: [String] = []) throws -> PeerProcess {
        try PeerProcess.python(
            Peer.script,
            [behaviour, "--tls", "server.pem", "server.key"] + (clientCA ? ["--client-ca", "ca.pem"] : []) + arguments,
            in: certificates.folder)
    }

    func upstream(_ port: Int) throws -> HTTPSUpstream {
        let key = try PEMHubKey(pem: certificates.folder.read("hub.key"))
        let trust = HTTPTrust(
            anchors: [try certificates.der("ca")],
            credential: HTTPTrust.Credential(key: key, chain: [try certificates.der("hub")]))
        return try HTTPSUpstream(
            UpstreamURL(parsing: "https://localhost:\(port)/base"), trust: trust, clock: FixedClock(), limits: .small)
    }

    @Test("A batch's answer is its receipt")
    func receipt() async throws {
        let peer = try peer("fixed", ["--field", "Content-Type: application/cose", "--body", "receipt"])
        let upstream = try upstream(peer.port)
        for _ in 1...2 {
            #expect(await upstream.submit(batch: [1, 2, 3]) == .receipt(Array("receipt".utf8)))
        }
        upstream.close()
    }

    @Test("An outage is a reason to try again, and the way back is found")
    func outage() async throws {
        var peer: PeerProcess? = try peer("fixed", ["--status", "503", "--field", "Retry-After: 9"])
        let port = try #require(peer).port
        let upstream = try upstream(port)
        #expect(await upstream.submit(batch: [1]) == .retry(after: .seconds(9), cause: .unavailable(status: 503)))
        peer = nil
        #expect(
            await upstream.submit(batch: [1])
                == .retry(after: nil, cause: .unreachable(reason: "nobody listens there")))
    }

    @Test("A conflict is told as the upstream tells it")
    func conflict() async throws {
        let body = #"{"error":{"code":"sequence","message":"out of order","next_sequence":12}}"#
        let peer = try peer("fixed", ["--status", "409", "--body", body])
        #expect(
            try await upstream(peer.port).submit(batch: [1])
                == .conflict(SubmissionConflict(code: "sequence", message: "out of order", nextSequence: 12)))
    }

    @Test("A receipt of more than 4096 bytes, the limit here, is not read")
    func oversize() async throws {
        let peer = try peer("endless")
        #expect(
            try await upstream(peer.port).submit(batch: [1])
                == .retry(after: nil, cause: .unexpectedAnswer(reason: "body of more than 4096 bytes")))
    }

    @Test("The request is one that the upstream can read")
    func request() async throws {
        // echo's answer is JSON with status 200, so no receipt; what it saw is in its own words.
        let peer = try peer("echo")
        #expect(
            try await upstream(peer.port).submit(batch: [1])
                == .retry(after: nil, cause: .unexpectedAnswer(reason: "status 200 without a receipt")))
    }
}
