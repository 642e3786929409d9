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

    func claim() throws -> EnrolmentClaim {
        EnrolmentClaim(
            hubID: try #require(HubID("hub-0001")), token: "secret-token", tlsRequest: [1, 2], signingRequest: [3])
    }

    func enrolment(_ port: Int) throws -> TokenEnrolment {
        TokenEnrolment(
            try UpstreamURL(parsing: "https://localhost:\(port)"), upstreamCA: [try certificates.der("ca")],
            clock: FixedClock(), limits: .small)
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

    @Test("Enrolment brings chains, environment and anchors")
    func enrolled() async throws {
        let body = #"""
            {"hub":"hub-0001","environment":"test","tls_chain":["A","B"],"signing_chain":["C"],"ca":"D",\#
            "receipt_certificate":"E"}
            """#
        let peer = try peer("fixed", clientCA: false, ["--status", "201", "--body", body])
        let expected = EnrolmentGrant(
            hubID: try #require(HubID("hub-0001")), environment: "test", tlsChain: ["A", "B"], signingChain: ["C"],
            upstreamCA: "D", receiptCertificate: "E")
        #expect(try await enrolment(peer.port).enrol(claim()) == .granted(expected))
    }

    @Test("Enrolment that is refused says why; what is no grant is none")
    func notEnrolled() async throws {
        let refusing = try peer(
            "fixed", clientCA: false, ["--status", "401", "--body", #"{"error":{"code":"token","message":"spent"}}"#])
        #expect(
            try await enrolment(refusing.port).enrol(claim())
                == .refused(status: 401, code: "token", message: "spent"))
        let empty = try peer("fixed", clientCA: false, ["--status", "201", "--body", "{}"])
        #expect(
            try await enrolment(empty.port).enrol(claim())
                == .failed(.unexpectedAnswer(reason: "status 201 without certificates"), retryAfter: nil))
    }

    @Test("Threat 5: the token is not shown to an upstream of another CA")
    func tokenKept() async throws {
        try certificates.makeRoot("other")
        try certificates.make(
            "server", subject: "/CN=server", issuer: "other",
            extensions: CertificateFixtures.serverExtensions("DNS:localhost"))
        let peer = try peer("fixed", clientCA: false)
        #expect(
            try await enrolment(peer.port).enrol(claim()) == .failed(.tls(.peerNotTrusted), retryAfter: nil))
    }

    @Test("A claim's description holds no token")
    func redacted() throws {
        #expect(!"\(try claim())".contains("secret"))
    }
}
