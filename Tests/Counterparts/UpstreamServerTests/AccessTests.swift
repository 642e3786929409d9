import CORProtocol
import Foundation
import JSONCoding
import Testing
import UpstreamServer

@Suite("Who may do what")
struct AccessTests {
    @Test("Without a certificate nothing but health and enrolment is reached")
    func anonymous() async throws {
        try await TestUpstream.with { upstream in
            #expect(try await upstream.peer.send("GET", "/healthz").json == ["status": "ok"])
            for path in [
                "/v1/hubs", "/v1/readings", "/v1/hubs/hub-0001/batches/\(String(repeating: "01", count: 16))/1",
            ] {
                let answer = try await upstream.peer.send("GET", path)
                #expect(answer.status == 401)
                #expect(answer.errorCode == "certificate-required")
            }
            #expect(try await upstream.peer.submit([0], as: nil).status == 401)
        }
    }

    @Test("Threat 28: a hub reads its own receipts and nothing else, and every try is noted")
    func threat28OtherHouseholds() async throws {
        try await TestUpstream.with { upstream in
            var (hub, identity) = try await upstream.enrolledHub()
            let (_, otherIdentity) = try await upstream.enrolledHub("hub-0002")
            let receipt = try await upstream.peer.submit(try hub.cut().bytes, as: identity).body
            let path = "/v1/hubs/hub-0001/batches/\(hub.epoch.hex)/1"
            #expect(try await upstream.peer.send("GET", path, as: identity).body == receipt)
            for forbidden in [
                path, "/v1/hubs", "/v1/hubs/hub-0002", "/v1/devices", "/v1/readings", "/v1/gaps", "/v1/audit",
                "/v1/alarms",
            ] {
                let answer = try await upstream.peer.send("GET", forbidden, as: otherIdentity)
                #expect(answer.status == 403)
                #expect(answer.errorCode == "forbidden")
            }
            #expect(try await upstream.peer.send("GET", "/v1/readings", as: identity).status == 403)
            let entries = (try await upstream.read("/v1/audit")["entries"]?.arrayValue ?? []).filter {
                $0["request"]?.stringValue?.contains("/.well-known/est/") == false
            }
            #expect(entries.count == 10)
            #expect(entries[0]["caller"] == "hub hub-0001")
            #expect(entries[0]["status"] == 200)
            #expect(entries[1]["caller"] == "hub hub-0002")
            #expect(entries[1]["status"] == 403)
        }
    }

    @Test("An operator reads, and sends nothing")
    func operatorReads() async throws {
        try await TestUpstream.with { upstream in
            let alice = try await upstream.operatorIdentity()
            for path in ["/v1/hubs", "/v1/devices", "/v1/readings", "/v1/gaps", "/v1/audit", "/v1/alarms"] {
                #expect(try await upstream.peer.send("GET", path, as: alice).status == 200)
            }
            for path in [
                "/v1/hubs/hub-9999", "/v1/devices/COR1-9999", "/v1/readings/\(SHA256Hash.zero.hex)", "/v1/readings/x",
            ] {
                #expect(try await upstream.peer.send("GET", path, as: alice).status == 404)
            }
            #expect(try await upstream.peer.submit([0], as: alice).status == 403)
            #expect(try await upstream.peer.send("GET", "/v1/readings?limit=0", as: alice).status == 400)
            #expect(try await upstream.peer.send("GET", "/v1/readings?limit=1001", as: alice).status == 400)
            #expect(try await upstream.peer.send("GET", "/v1/readings?colour=red", as: alice).status == 400)
            #expect(try await upstream.desk.revokeOperator("alice"))
            #expect(try await upstream.peer.send("GET", "/v1/hubs", as: alice).status == 403)
        }
    }

    @Test("A revoked hub is refused, until it enrols again")
    func revokedHub() async throws {
        try await TestUpstream.with { upstream in
            let (hub, identity) = try await upstream.enrolledHub()
            #expect(try await upstream.desk.revokeHub(hub.id))
            #expect(try await upstream.peer.submit(try hub.signed(hub.draft()).bytes, as: identity).status == 403)
            #expect(try await upstream.desk.hubs().first?.revokedMilliseconds != nil)
            var (again, newIdentity) = try await upstream.enrolledHub()
            #expect(try await upstream.desk.hubs().first?.revokedMilliseconds == nil)
            #expect(try await upstream.peer.submit(try again.cut().bytes, as: newIdentity).status == 200)
        }
    }

    @Test("A client certificate of another authority, and a signing certificate, do not pass TLS")
    func foreignCertificate() async throws {
        try await TestUpstream.with { upstream in
            let files = upstream.path.appending(path: "foreign").path(percentEncoded: false)
            _ = try await Subprocess.run([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "1",
                "-subj", "/CN=hub-0001", "-keyout", files + ".key", "-out", files + ".pem",
            ])
            let foreign = Peer.Identity(certificate: files + ".pem", key: files + ".key")
            #expect(try await upstream.peer.send("GET", "/healthz", as: foreign).status == nil)

            let (hub, _) = try await upstream.enrolledHub()
            let signing = upstream.path.appending(path: "signing.pem")
            let pem =
                "-----BEGIN CERTIFICATE-----\n"
                + Data(hub.chain[0]).base64EncodedString(options: .lineLength64Characters)
                + "\n-----END CERTIFICATE-----\n"
            try pem.write(to: signing, atomically: true, encoding: .utf8)
            let identity = Peer.Identity(
                certificate: signing.path(percentEncoded: false),
                key: upstream.path.appending(path: "hub-0001-signing.key").path(percentEncoded: false))
            #expect(try await upstream.peer.send("GET", "/healthz", as: identity).status == nil)
        }
    }

    @Test("Threat 5: a client that pins another authority does not talk to this server")
    func threat5AnotherAuthority() async throws {
        try await TestUpstream.with { upstream in
            let other = upstream.path.appending(path: "other").path(percentEncoded: false)
            try StateFolder.create(at: other, settings: .init(environment: "test", names: ["localhost"]), now: Date())
            let answer = try await upstream.peer.send("GET", "/healthz", authority: other + "/ca.pem")
            #expect(answer.status == nil)
            #expect(answer.failure.contains("CERTIFICATE_VERIFY_FAILED"))
        }
    }
}
