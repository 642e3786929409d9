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
    @Test("Threat 6: a used token is refused for another key, and says when it was used")
    func threat6TokenReplay() async throws {
        let desk = try TestDesk()
        let token = try await desk.token()
        _ = try await desk.enrol(token)
        desk.clock.advance(by: 1000)
        await #expect(throws: EnrolmentRefusal.tokenUsed(atMilliseconds: TestDesk.start)) {
            try await desk.enrol(token)
        }
    }

    @Test("The same key again gets the same certificate, so that a lost answer costs nothing")
    func lostAnswer() async throws {
        let desk = try TestDesk()
        let token = try await desk.token()
        let key = P256.Signing.PrivateKey()
        let first = try await desk.enrol(token, key)
        // Another request: its signature is made by chance, its key is the same.
        #expect(try await desk.enrol(token, key) == first)
    }

    @Test("Threat 6: an expired token is refused and named so, at its last millisecond it is not")
    func threat6TokenExpiry() async throws {
        let desk = try TestDesk()
        let token = try await desk.token()
        desk.clock.advance(by: 60_000)
        await #expect(throws: EnrolmentRefusal.tokenExpired(atMilliseconds: TestDesk.start + 60_000)) {
            try await desk.enrol(token)
        }
        let other = try await desk.token()
        desk.clock.advance(by: 59_999)
        _ = try await desk.enrol(other)
    }

    @Test("A token of another hub, a revoked one and an invented one are refused")
    func foreignToken() async throws {
        let desk = try TestDesk()
        let token = try await desk.token()
        let other = try #require(HubID("hub-0002"))
        let request = try CertificationRequest(.request(P256.Signing.PrivateKey()))
        await #expect(throws: EnrolmentRefusal.tokenUnknown) {
            try await desk.desk.enrol(request, hub: other, token: token)
        }
        await #expect(throws: EnrolmentRefusal.tokenUnknown) {
            try await desk.enrol(EnrolmentToken(text: "invented"))
        }
        let id = try #require(try await desk.desk.tokens().first?.id)
        #expect(try await desk.desk.revokeToken(id: id))
        await #expect(throws: EnrolmentRefusal.tokenRevoked) { try await desk.enrol(token) }
        #expect(try await desk.desk.tokens().map(\.state) == [.revoked])
    }

    @Test("A held token makes the hub wait until it is released")
    func heldToken() async throws {
        let desk = try TestDesk()
        let token = try await desk.desk.createToken(for: desk.hub, lifetime: .seconds(60), isHeld: true)
        let request = try CertificationRequest(.request(P256.Signing.PrivateKey()))
        #expect(try await desk.desk.enrol(request, hub: desk.hub, token: token) == .pending)
        #expect(try await desk.desk.tokens().map(\.state) == [.held])
        #expect(try await desk.desk.release(tokenID: token.id))
        #expect(try await desk.desk.release(tokenID: token.id) == false)
        #expect(try await desk.desk.enrol(request, hub: desk.hub, token: token) != .pending)
    }

    @Test("A key on another curve and a request that another key signed are refused")
    func badRequests() throws {
        let one = try [UInt8].request(P256.Signing.PrivateKey())
        let p384 = try [UInt8].request(Certificate.PrivateKey(P384.Signing.PrivateKey()))
        var forged = one
        forged[forged.count - 1] ^= 1
        for bytes in [p384, forged, [], [UInt8](repeating: 0x30, count: 5000)] {
            #expect(throws: CertificateFault.self) { try CertificationRequest(bytes) }
        }
    }

    @Test("One key has one use")
    func oneKeyForBoth() async throws {
        let desk = try TestDesk()
        let key = P256.Signing.PrivateKey()
        let transport = try await desk.enrol(try await desk.token(), key)
        await #expect(throws: EnrolmentRefusal.request(.refused("one key for both uses"))) {
            try await desk.desk.enrolSigning(CertificationRequest(.request(key)), by: desk.holder(of: transport))
        }
    }

    @Test("A signing key is certified once behind each token, and after that only if the one before vouches for it")
    func rotationNeedsProof() async throws {
        let desk = try TestDesk()
        let transport = try await desk.enrol(try await desk.token())
        let caller = desk.holder(of: transport)
        let first = P256.Signing.PrivateKey()
        let firstCertificate = try await desk.enrolSigning(first, by: caller)
        // Repeated, as after a lost answer.
        #expect(try await desk.enrolSigning(first, by: caller) == firstCertificate)
        let second = P256.Signing.PrivateKey()
        await #expect(throws: EnrolmentRefusal.rotationUnproven) {
            try await desk.enrolSigning(second, by: caller)
        }
        let request = try CertificationRequest(.request(second))
        let text = RotationProof.text(hub: desk.hub, environment: "test", requestHash: request.hash)
        let forged = [UInt8](try P256.Signing.PrivateKey().signature(for: text).derRepresentation)
        for proof in [nil, forged, [], [UInt8](repeating: 0, count: 70)] {
            await #expect(throws: EnrolmentRefusal.rotationUnproven) {
                try await desk.desk.reenrolSigning(request, by: caller, proof: proof)
            }
        }
        let proof = [UInt8](try first.signature(for: text).derRepresentation)
        guard case .issued(let next) = try await desk.desk.reenrolSigning(request, by: caller, proof: proof) else {
            Issue.record("pending")
            return
        }
        // Once the second is in use, the first vouches for nothing more; what it signed still counts.
        try await desk.desk.noteUse(ofThumbprint: .of(next))
        let third = try CertificationRequest(.request(P256.Signing.PrivateKey()))
        let old = try first.signature(
            for: RotationProof.text(hub: desk.hub, environment: "test", requestHash: third.hash))
        await #expect(throws: EnrolmentRefusal.rotationUnproven) {
            try await desk.desk.reenrolSigning(third, by: caller, proof: [UInt8](old.derRepresentation))
        }
        #expect(try await desk.desk.standing(ofThumbprint: .of(firstCertificate)) == .good)
    }

    @Test("Renewal: the one before counts until the next is used, and never after; a hub has one identity")
    func renewed() async throws {
        let desk = try TestDesk()
        let first = try await desk.enrol(try await desk.token())
        try await desk.desk.noteUse(ofThumbprint: .of(first))
        let key = P256.Signing.PrivateKey()
        let second = try await desk.reenrol(key, by: first)
        #expect(try await desk.standings(first, second) == [.good, .good])
        // The answer was lost: the same key gets the same certificate.
        #expect(try await desk.reenrol(key, by: first) == second)
        // The hub lost that key before it used it: the next try replaces the one that nobody holds.
        let third = try await desk.reenrol(P256.Signing.PrivateKey(), by: first)
        #expect(try await desk.standings(first, second, third) == [.good, .revoked, .good])
        try await desk.desk.noteUse(ofThumbprint: .of(third))
        #expect(try await desk.standings(first, second, third) == [.revoked, .revoked, .good])
        await #expect(throws: EnrolmentRefusal.certificateBarred) {
            try await desk.reenrol(P256.Signing.PrivateKey(), by: first)
        }
    }

    @Test("A key that is kept gets a new certificate")
    func sameKeyRenewed() async throws {
        let desk = try TestDesk()
        let key = P256.Signing.PrivateKey()
        let first = try await desk.enrol(try await desk.token(), key)
        desk.clock.advance(by: 86_400_000)
        #expect(try await desk.reenrol(key, by: first) != first)
    }

    @Test("Enrolling again bars the transport certificate of before; revoking a hub bars everything, tokens too")
    func enrolledAgain() async throws {
        let desk = try TestDesk()
        let first = try await desk.enrol(try await desk.token())
        let signing = try await desk.enrolSigning(P256.Signing.PrivateKey(), by: desk.holder(of: first))
        let second = try await desk.enrol(try await desk.token())
        #expect(try await desk.standings(first, signing, second) == [.revoked, .good, .good])
        let token = try await desk.token()
        #expect(try await desk.desk.revokeHub(desk.hub))
        #expect(try await desk.standings(signing, second) == [.revoked, .revoked])
        await #expect(throws: EnrolmentRefusal.tokenRevoked) { try await desk.enrol(token) }
    }

    @Test("A token has at least 128 bits, and only its hash is stored")
    func tokenStrength() async throws {
        let desk = try TestDesk()
        let token = try await desk.token().text
        #expect(token.utf8.count * 5 >= 128)
        let database = try Data(contentsOf: desk.path.appending(path: "state/desk.sqlite"))
        #expect(database.range(of: Data(token.utf8)) == nil)
        #expect(database.range(of: Data("hub-0001".utf8)) != nil)
    }

    @Test("What an installer is handed names the hub, the secret and the authority")
    func claim() async throws {
        let desk = try TestDesk()
        let token = try await desk.token()
        let claim = try desk.desk.claim(of: token, for: desk.hub)
        #expect(ClaimToken(text: claim.text) == claim)
        #expect(claim.secret == token.text)
        let folder = desk.path.appending(path: "state/ca.pem").path(percentEncoded: false)
        let fingerprint = try await Subprocess.run([
            "openssl", "x509", "-in", folder, "-noout", "-fingerprint", "-sha256",
        ])
        let digits = fingerprint.split(separator: "=").last?.filter(\.isHexDigit).lowercased()
        #expect(digits == claim.authority.hex)
    }
}

/// A desk over a folder of its own, with a clock to turn.
private final class TestDesk {
    final class Clock: Sendable {
        private let milliseconds = Mutex<Int64>(TestDesk.start)
        func advance(by duration: Int64) { milliseconds.withLock { $0 += duration } }
        var now: Int64 { milliseconds.withLock { $0 } }
    }

    static let start: Int64 = 1_795_000_000_000

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

    func token() async throws -> EnrolmentToken {
        try await desk.createToken(for: hub, lifetime: .seconds(60))
    }

    func holder(of certificate: [UInt8]) -> HubCertificate {
        HubCertificate(hub: hub, thumbprint: .of(certificate))
    }

    @discardableResult
    func enrol(
        _ token: EnrolmentToken, _ key: P256.Signing.PrivateKey = P256.Signing.PrivateKey()
    ) async throws -> [UInt8] {
        try issued(await desk.enrol(CertificationRequest(.request(key)), hub: hub, token: token))
    }

    func reenrol(_ key: P256.Signing.PrivateKey, by certificate: [UInt8]) async throws -> [UInt8] {
        try issued(await desk.reenrol(CertificationRequest(.request(key)), by: holder(of: certificate)))
    }

    @discardableResult
    func enrolSigning(_ key: P256.Signing.PrivateKey, by caller: HubCertificate) async throws -> [UInt8] {
        try issued(await desk.enrolSigning(CertificationRequest(.request(key)), by: caller))
    }

    func standings(_ certificates: [UInt8]...) async throws -> [EnrolmentDesk.Standing] {
        var standings: [EnrolmentDesk.Standing] = []
        for certificate in certificates { standings.append(try await desk.standing(ofThumbprint: .of(certificate))) }
        return standings
    }

    private func issued(_ certification: Certification) throws -> [UInt8] {
        guard case .issued(let der) = certification else { throw CertificateFault.refused("pending") }
        return der
    }
}
