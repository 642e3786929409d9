import CORProtocol
import ESTProtocol
import Foundation
import JSONCoding
import SwiftASN1
import Synchronization
import Testing
import UpstreamServer
import X509

/// Enrolment over Secure Transport, with openssl as the maker of keys and requests and as the judge of what comes.
@Suite("Enrolment over Secure Transport")
struct ESTTests {
    @Test("cacerts: openssl finds the root in it; nobody has to show a certificate")
    func authorityCertificates() async throws {
        try await TestUpstream.with { upstream in
            let answer = try await upstream.peer.send("GET", "/.well-known/est/cacerts")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"]?.stringValue == "application/pkcs7-mime; smime-type=certs-only")
            let text = try await opened(answer, in: upstream)
            #expect(text.contains("CN = corhub upstream test CA"))
            #expect(try answer.certificate == upstream.folder.authority.certificate.derBytes())
        }
    }

    @Test("simpleenroll and both renewals: openssl verifies each certificate under the authority")
    func certified() async throws {
        try await TestUpstream.with { upstream in
            let (_, identity) = try await upstream.enrolledHub()
            let next = try await upstream.makeRequest("next")
            let renewed = try await upstream.est("simplereenroll", request: next.request, as: identity)
            #expect(renewed.status == 200)
            #expect(try await opened(renewed, in: upstream).contains("subject=CN = hub-0001"))
            let file = try upstream.write(try renewed.certificate, to: "next.pem")
            _ = try await Subprocess.run([
                "openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", upstream.folder.authorityPath,
                file,
            ])
            // The certificate is for the key of the request.
            let asked = try await Subprocess.run(["openssl", "pkey", "-in", next.key, "-pubout"])
            let given = try await Subprocess.run(["openssl", "x509", "-in", file, "-noout", "-pubkey"])
            #expect(asked == given)
            // By the new certificate, and from then on not by the old one.
            let asNext = Peer.Identity(certificate: file, key: next.key)
            #expect(try await upstream.peer.send("GET", "/v1/profile", as: asNext).status == 200)
            #expect(try await upstream.peer.send("GET", "/v1/profile", as: identity).status == 403)
        }
    }

    @Test("A rotation's proof that openssl made with the signing key of before is accepted; without it there is none")
    func rotationByOpenSSL() async throws {
        try await TestUpstream.with { upstream in
            let (hub, identity) = try await upstream.enrolledHub()
            let next = try await upstream.makeRequest("next-signing")
            let unproven = try await upstream.est("signing/simplereenroll", request: next.request, as: identity)
            #expect(unproven.status == 403)
            #expect(unproven.errorCode == "rotation-unproven")
            let text = RotationProof.text(hub: hub.id, environment: "test", requestHash: .of(next.request))
            let message = upstream.path.appending(path: "message")
            let signature = upstream.path.appending(path: "signature")
            try Data(text).write(to: message)
            _ = try await Subprocess.run([
                "openssl", "dgst", "-sha256", "-sign",
                upstream.path.appending(path: "hub-0001-signing.key").path(percentEncoded: false), "-out",
                signature.path(percentEncoded: false), message.path(percentEncoded: false),
            ])
            let proof = try Data(contentsOf: signature).base64EncodedString()
            let proven = try await upstream.est(
                "signing/simplereenroll", request: next.request, as: identity,
                headers: [RotationProof.field: proof])
            #expect(proven.status == 200)
        }
    }

    @Test("Threat 6: a stolen token is refused, named, noted, and an alarm of that hub")
    func threat6StolenToken() async throws {
        try await TestUpstream.with { upstream in
            let hub = try #require(HubID("hub-0001"))
            let token = try await upstream.desk.createToken(for: hub, lifetime: .seconds(3600))
            let rightful = try await upstream.makeRequest("rightful").request
            let thief = try await upstream.makeRequest("thief").request
            #expect(try await upstream.enrol("hub-0001", token: token.text, request: thief).status == 200)
            let refused = try await upstream.enrol("hub-0001", token: token.text, request: rightful)
            #expect(refused.status == 401)
            #expect(refused.errorCode == "token-used")
            let alarms = try await upstream.read("/v1/alarms")["alarms"]?.arrayValue ?? []
            #expect(alarms.map { $0["kind"]?.stringValue } == ["token-reused"])
            #expect(alarms.first?["hub"] == "hub-0001")
            let entries = try await upstream.read("/v1/audit")["entries"]?.arrayValue ?? []
            let tries = entries.filter { $0["caller"]?.stringValue?.hasPrefix("token \(token.id)") == true }
            #expect(tries.map { $0["status"] } == [200, 401])
            #expect(tries.last?["request"]?.stringValue?.hasSuffix("token-used") == true)
            // Nothing that is kept or said holds the secret.
            for name in ["desk.sqlite", "ledger.sqlite", "ledger.sqlite-wal"] {
                let bytes = try? Data(contentsOf: upstream.path.appending(path: "state/\(name)"))
                #expect(bytes?.range(of: Data(token.text.utf8)) == nil)
            }
        }
    }

    @Test("Threat 6: guesses are noted, and do not fill the log")
    func threat6Guesses() async throws {
        try await TestUpstream.with { upstream in
            let request = try await upstream.makeRequest("guess").request
            for number in 0..<70 {
                #expect(try await upstream.enrol("hub-0001", token: "guess-\(number)", request: request).status == 401)
            }
            let entries = try await upstream.read("/v1/audit")["entries"]?.arrayValue ?? []
            #expect(entries.count { $0["request"]?.stringValue?.hasSuffix("token-unknown") == true } == 60)
        }
    }

    @Test("A held token: 202 with Retry-After, until it is released")
    func held() async throws {
        try await TestUpstream.with { upstream in
            let hub = try #require(HubID("hub-0001"))
            let token = try await upstream.desk.createToken(for: hub, lifetime: .seconds(3600), isHeld: true)
            let request = try await upstream.makeRequest("held").request
            let waiting = try await upstream.enrol("hub-0001", token: token.text, request: request)
            #expect(waiting.status == 202)
            #expect(waiting.headers["retry-after"]?.stringValue == "30")
            #expect(waiting.body == [])
            #expect(try await upstream.desk.release(tokenID: token.id))
            #expect(try await upstream.enrol("hub-0001", token: token.text, request: request).status == 200)
        }
    }

    @Test("An expired certificate renews within its grace and does nothing else; behind it, it is told so")
    func expired() async throws {
        let clock = TurnedClock()
        try await TestUpstream.with(clock: clock.now) { upstream in
            let (hub, identity) = try await upstream.enrolledHub()
            let (_, second) = try await upstream.enrolledHub("hub-0002")
            let batch = try hub.signed(hub.draft())
            clock.advance(days: 366 + 363)
            let refused = try await upstream.peer.submit(batch.bytes, as: identity)
            #expect(refused.status == 403)
            #expect(refused.errorCode == "certificate-expired")
            let next = try await upstream.makeRequest("late")
            let renewed = try await upstream.est("simplereenroll", request: next.request, as: identity)
            #expect(renewed.status == 200)
            let late = Peer.Identity(
                certificate: try upstream.write(try renewed.certificate, to: "late.pem"), key: next.key)
            // What was signed before the signing certificate expired, and waited, is taken.
            #expect(try await upstream.peer.submit(batch.bytes, as: late).status == 200)
            clock.advance(days: 2)
            let tooLate = try await upstream.est("simplereenroll", request: next.request, as: second)
            #expect(tooLate.status == 403)
            #expect(tooLate.errorCode == "certificate-ended")
        }
    }

    @Test("A roll-over: who knows the old authority alone verifies the server, and openssl the word of old for new")
    func rolledOver() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "corhub-roll-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: path) }
        let state = path.path(percentEncoded: false)
        try StateFolder.create(at: state, settings: .init(environment: "test", names: ["localhost"]), now: Date())
        let first = try StateFolder(opening: state)
        let hubBefore = try #require(HubID("hub-0001"))
        try first.rollOver(now: Date())
        try StateFolder(opening: state).rollOver(now: Date())
        let folder = try StateFolder(opening: state)
        #expect(folder.roots.count == 3 && folder.roots[2] == first.authority.certificate)
        let published = try folder.publishedAuthorities(at: Date())
        #expect(published.count == 7)
        let leaf = try folder.authority.issue(
            .hubTransport, commonName: hubBefore.text, publicKey: folder.receiptCertificate.publicKey, at: Date())
        try leaf.pemText().write(to: path.appending(path: "leaf.pem"), atomically: true, encoding: .utf8)
        // openssl knows the first root alone, and is shown the cross certificates.
        let verified = try await Subprocess.run([
            "openssl", "verify", "-x509_strict", "-CAfile", "\(state)/ca.pem", "-untrusted",
            "\(state)/ca-2-with-old.pem",
            "-untrusted", "\(state)/ca-3-with-old.pem", "\(state)/leaf.pem",
        ])
        #expect(verified.hasSuffix("OK\n"))
        // And the other way round: who knows the new one verifies what the old one issued.
        let old = try await Subprocess.run([
            "openssl", "verify", "-CAfile", "\(state)/ca-2.pem", "-untrusted", "\(state)/ca-2-for-old.pem",
            "\(state)/receipt.pem",
        ])
        #expect(old.hasSuffix("OK\n"))
    }

    @Test("A successor of another name is refused; one that openssl made with the same name is taken")
    func successorByOpenSSL() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "corhub-roll-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: path) }
        func authority(_ name: String, subject: String) async throws -> (certificate: String, key: String) {
            let base = path.appending(path: name).path(percentEncoded: false)
            _ = try await Subprocess.run([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "900", "-subj", subject, "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", base + ".key",
                "-out", base + ".pem",
            ])
            return (base + ".pem", base + ".key")
        }
        let state = path.appending(path: "state").path(percentEncoded: false)
        try StateFolder.create(
            at: state, settings: .init(environment: "test", names: ["localhost"]),
            authority: try await authority("first", subject: "/O=COR/CN=Fleet CA"), now: Date())
        let stranger = try await authority("stranger", subject: "/CN=Other CA")
        #expect(throws: CertificateFault.self) { try StateFolder(opening: state).rollOver(to: stranger, now: Date()) }
        try StateFolder(opening: state).rollOver(
            to: try await authority("second", subject: "/O=COR/CN=Fleet CA"), now: Date())
        #expect(try StateFolder(opening: state).settings.authorityNumber == 2)
        let verified = try await Subprocess.run([
            "openssl", "verify", "-x509_strict", "-CAfile", "\(state)/ca.pem", "\(state)/ca-2-with-old.pem",
        ])
        #expect(verified.hasSuffix("OK\n"))
    }

    /// What openssl reads in a certs-only answer.
    private func opened(_ answer: Peer.Answer, in upstream: TestUpstream) async throws -> String {
        let file = upstream.path.appending(path: "answer.p7")
        try #require(Data(base64Encoded: Data(answer.body))).write(to: file)
        return try await Subprocess.run([
            "openssl", "pkcs7", "-inform", "DER", "-in", file.path(percentEncoded: false), "-print_certs", "-noout",
        ])
    }
}

/// A clock that starts now and is turned on.
private final class TurnedClock: Sendable {
    private let shift = Mutex<Int64>(0)

    func advance(days: Int64) { shift.withLock { $0 += days * 86_400_000 } }

    var now: UpstreamClock { { systemClock() + self.shift.withLock { $0 } } }
}
