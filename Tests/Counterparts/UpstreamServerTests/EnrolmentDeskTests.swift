import CORProtocol
import Crypto
import Foundation
import SwiftASN1
import Synchronization
import Testing
import UpstreamServer
import X509

@Suite("Enrolment desk")
struct EnrolmentDeskTests {
    @Test("A token is used once; threat 6: another's request with a used token is refused")
    func threat6TokenReplay() async throws {
        let desk = try TestDesk()
        let token = try await desk.token()
        let request = try EnrolmentRequest.test()
        let grant = try await desk.desk.enrol(request, credential: token)
        #expect(grant.hub == desk.hub)
        await #expect(throws: EnrolmentRefusal.credential) {
            try await desk.desk.enrol(EnrolmentRequest.test(), credential: token)
        }
    }

    @Test("The same request again gets the same grant, so that a lost answer costs nothing")
    func lostAnswer() async throws {
        let desk = try TestDesk()
        let token = try await desk.token()
        let request = try EnrolmentRequest.test()
        let grant = try await desk.desk.enrol(request, credential: token)
        #expect(try await desk.desk.enrol(request, credential: token) == grant)
    }

    @Test("Threat 6: an expired token is refused, at its last millisecond it is not")
    func threat6TokenExpiry() async throws {
        let desk = try TestDesk()
        let token = try await desk.token()
        desk.clock.advance(by: 60_000)
        await #expect(throws: EnrolmentRefusal.credential) {
            try await desk.desk.enrol(EnrolmentRequest.test(), credential: token)
        }
        let other = try await desk.token()
        desk.clock.advance(by: 59_999)
        #expect(try await desk.desk.enrol(EnrolmentRequest.test(), credential: other).hub == desk.hub)
    }

    @Test("A token of another hub, a revoked one and an invented one are refused")
    func foreignToken() async throws {
        let desk = try TestDesk()
        let request = try EnrolmentRequest.test()
        let token = try await desk.token()
        let other = try #require(HubID("hub-0002"))
        await #expect(throws: EnrolmentRefusal.credential) {
            try await desk.desk.enrol(request, credential: .init(hub: other, token: token.token))
        }
        await #expect(throws: EnrolmentRefusal.credential) {
            try await desk.desk.enrol(request, credential: .init(hub: desk.hub, token: .init(text: "invented")))
        }
        let id = try #require(try await desk.desk.tokens().first?.id)
        #expect(try await desk.desk.revokeToken(id: id))
        await #expect(throws: EnrolmentRefusal.credential) {
            try await desk.desk.enrol(request, credential: token)
        }
        #expect(try await desk.desk.tokens().map(\.state) == [.revoked])
    }

    @Test("One key for both uses, a key on another curve and a request that another key signed are refused")
    func badRequests() async throws {
        let desk = try TestDesk()
        let token = try await desk.token()
        let one = try [UInt8].request(P256.Signing.PrivateKey())
        let p384 = try [UInt8].request(Certificate.PrivateKey(P384.Signing.PrivateKey()))
        var forged = one
        forged[forged.count - 1] ^= 1
        for signing in [one, p384, forged, []] {
            let refusal = await #expect(throws: EnrolmentRefusal.self) {
                try await desk.desk.enrol(EnrolmentRequest(transport: one, signing: signing), credential: token)
            }
            #expect(refusal != .credential)
        }
        // The token is still good: nothing was granted.
        #expect(try await desk.desk.tokens().map(\.state) == [.open])
    }

    @Test("Enrolling again bars the transport certificate of before")
    func enrolledAgain() async throws {
        let desk = try TestDesk()
        let first = try await desk.desk.enrol(EnrolmentRequest.test(), credential: try await desk.token())
        let second = try await desk.desk.enrol(EnrolmentRequest.test(), credential: try await desk.token())
        #expect(try await desk.standing(first.transportChain[0]) == .revoked)
        #expect(try await desk.standing(first.signingChain[0]) == .good)
        #expect(try await desk.standing(second.transportChain[0]) == .good)
        #expect(try await desk.desk.revokeHub(desk.hub))
        #expect(try await desk.standing(second.transportChain[0]) == .revoked)
        #expect(try await desk.standing(second.signingChain[0]) == .revoked)
    }

    @Test("A token has at least 128 bits, and only its hash is stored")
    func tokenStrength() async throws {
        let desk = try TestDesk()
        let token = try await desk.token().token.text
        #expect(token.utf8.count * 5 >= 128)
        let database = try Data(contentsOf: desk.path.appending(path: "state/desk.sqlite"))
        #expect(database.range(of: Data(token.utf8)) == nil)
    }
}

/// A desk over a folder of its own, with a clock to turn.
private final class TestDesk {
    final class Clock: Sendable {
        private let milliseconds = Mutex<Int64>(1_795_000_000_000)
        func advance(by duration: Int64) { milliseconds.withLock { $0 += duration } }
        var now: Int64 { milliseconds.withLock { $0 } }
    }

    let path = FileManager.default.temporaryDirectory.appending(path: "corhub-desk-\(UUID().uuidString)")
    let clock = Clock()
    let desk: EnrolmentDesk
    let hub: HubID

    init() throws {
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        let state = path.appending(path: "state").path(percentEncoded: false)
        try StateFolder.create(
            at: state, settings: .init(environment: "test", names: ["localhost"]),
            now: Date(milliseconds: 1_795_000_000_000))
        desk = try EnrolmentDesk(folder: StateFolder(opening: state)) { [clock] in clock.now }
        hub = try #require(HubID("hub-0001"))
    }

    deinit {
        try? FileManager.default.removeItem(at: path)
    }

    func token() async throws -> EnrolmentCredential {
        EnrolmentCredential(hub: hub, token: try await desk.createToken(for: hub, lifetime: .seconds(60)))
    }

    func standing(_ pem: String) async throws -> EnrolmentDesk.Standing {
        try await desk.standing(ofThumbprint: .of(try PEMDocument(pemString: pem).derBytes))
    }
}

extension EnrolmentRequest {
    fileprivate static func test() throws -> EnrolmentRequest {
        EnrolmentRequest(
            transport: try .request(P256.Signing.PrivateKey()), signing: try .request(P256.Signing.PrivateKey()))
    }
}
