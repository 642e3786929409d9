import CORProtocol
import Foundation
import HubCore
import KeyStore
import PeerFixtures
import Testing

/// What an upstream may send for a request, made by openssl.
@Suite("Certificates that the upstream issued")
struct IssuedChainTests {
    static let day: Int64 = 86_400_000
    let certificates: CertificateFixtures
    let key: any HubKey
    let hub: HubID
    let now = Int64((Date().timeIntervalSince1970 + 60) * 1000)

    init() throws {
        certificates = try CertificateFixtures()
        hub = try #require(HubID("hub-0001"))
        try certificates.makeRoot("ca")
        let store = try FileKeyStore(folder: certificates.folder.file("identity"))
        key = try store.makeKey(for: .tls)
        try FileManager.default.copyItem(
            atPath: "\(store.folder)/tls.key", toPath: certificates.folder.file("leaf.key"))
        try certificates.make(
            "leaf", subject: "/CN=hub-0001", issuer: "ca", extensions: CertificateFixtures.clientExtensions)
    }

    func judged(
        _ sent: [[UInt8]], by anchors: [[UInt8]]? = nil, at time: Int64? = nil
    ) async throws(IssuedChainRefusal) -> IssuedChain {
        try await IssuedChain.judging(
            sent, for: key, of: hub, anchors: anchors ?? [(try? certificates.der("ca")) ?? []], at: time ?? now)
    }

    @Test("The certificate for this key is found in any order, and its life is told")
    func found() async throws {
        let (leaf, ca) = (try certificates.der("leaf"), try certificates.der("ca"))
        for sent in [[leaf], [ca, leaf], [leaf, ca]] {
            let chain = try await judged(sent)
            #expect(chain.der == [leaf])
            #expect(abs(chain.life.endMilliseconds - now - 20 * Self.day) < 180_000)
        }
    }

    @Test("An intermediate is kept, behind the certificate and without the root")
    func intermediate() async throws {
        try certificates.make(
            "middle", subject: "/CN=Middle", issuer: "ca", extensions: CertificateFixtures.authorityExtensions)
        try certificates.make(
            "leaf", subject: "/CN=hub-0001", issuer: "middle", extensions: CertificateFixtures.clientExtensions)
        let (leaf, middle, ca) =
            (try certificates.der("leaf"), try certificates.der("middle"), try certificates.der("ca"))
        #expect(try await judged([ca, middle, leaf]).der == [leaf, middle])
        await #expect(throws: IssuedChainRefusal.untrusted) { try await judged([leaf]) }
    }

    @Test("Another key's, another hub's, another authority's and an unreadable one are refused")
    func refused() async throws {
        let leaf = try certificates.der("leaf")
        try certificates.make("other", subject: "/CN=hub-0001", issuer: "ca")
        await #expect(throws: IssuedChainRefusal.otherKey) { try await judged([try certificates.der("other")]) }
        await #expect(throws: IssuedChainRefusal.otherKey) { try await judged([]) }
        await #expect(throws: IssuedChainRefusal.malformed) { try await judged([leaf, [0x30, 0x00]]) }
        try certificates.makeRoot("stranger")
        let stranger = try certificates.der("stranger")
        await #expect(throws: IssuedChainRefusal.untrusted) { try await judged([leaf], by: [stranger]) }
        try certificates.make("leaf", subject: "/CN=hub-0002", issuer: "ca")
        let foreign = try certificates.der("leaf")
        await #expect(throws: IssuedChainRefusal.otherHub("hub-0002")) { try await judged([foreign]) }
    }

    @Test("One that is not valid now is refused, before and after its time")
    func notValidNow() async throws {
        let leaf = try certificates.der("leaf")
        for time in [now - Self.day, now + 21 * Self.day] {
            await #expect(throws: IssuedChainRefusal.untrusted) { try await judged([leaf], at: time) }
        }
    }

    @Test("Why a server was not trusted: its time, or its authority")
    func serverChain() async throws {
        try certificates.makeRoot("stranger")
        let (leaf, ca) = (try certificates.der("leaf"), try certificates.der("ca"))
        guard case .notValidNow(let life) = await ServerChainVerdict(chain: [leaf], anchors: [ca]) else {
            Issue.record("trusted at no time")
            return
        }
        #expect(life == CertificateLife(certificate: leaf))
        let other = await ServerChainVerdict(chain: [leaf], anchors: [try certificates.der("stranger")])
        #expect(other == .otherAuthority(issuer: "CN=ca", fingerprint: Fingerprint.of(leaf)))
        #expect(await ServerChainVerdict(chain: [], anchors: [ca]) == .unreadable)
        #expect(await ServerChainVerdict(chain: [[1, 2]], anchors: [ca]) == .unreadable)
    }
}
