import CORProtocol
import Foundation
import JSONCoding
import Testing
import UpstreamServer

@Suite("Bad input over HTTPS")
struct BadInputTests {
    @Test("Garbage, a wrong type and too much are refused in JSON; the server goes on, and nothing is stored")
    func batches() async throws {
        try await TestUpstream.with { upstream in
            var (hub, identity) = try await upstream.enrolledHub()
            let sound = try hub.cut()
            let garbage: [[UInt8]] = [
                [], [0x00], Array("{}".utf8), [0xD2, 0x84], Array(sound.bytes.dropLast()), sound.bytes + [0],
                [UInt8](repeating: 0xFF, count: 1000), [0xD2] + sound.bytes,
            ]
            for body in garbage {
                let answer = try await upstream.peer.submit(body, as: identity)
                #expect(answer.status == 400)
                #expect(answer.errorCode == "malformed-batch")
            }
            let typed = try await upstream.peer.send(
                "POST", "/v1/batches", as: identity, body: sound.bytes, headers: ["content-type": "text/plain"])
            #expect(typed.status == 415)
            #expect(typed.errorCode == "unsupported-media-type")

            let large = [UInt8](repeating: 0, count: CORLimits.signedBatchLengthMax)
            #expect(try await upstream.peer.submit(large, as: identity).errorCode == "malformed-batch")
            let tooLarge = try await upstream.peer.submit(large + [0], as: identity)
            #expect(tooLarge.status == 413)
            #expect(tooLarge.errorCode == "too-large")

            #expect(try await upstream.read("/v1/hubs/hub-0001")["epochs"] == [])
            #expect(try await upstream.peer.submit(sound.bytes, as: identity).status == 200)
        }
    }

    @Test("Unknown paths are 404, known paths with another method 405 with what is allowed")
    func pathsAndMethods() async throws {
        try await TestUpstream.with { upstream in
            #expect(try await upstream.peer.send("GET", "/v2/batches").errorCode == "not-found")
            let answer = try await upstream.peer.send("DELETE", "/v1/batches")
            #expect(answer.status == 405)
            #expect(answer.errorCode == "method-not-allowed")
            #expect(answer.headers["allow"] == "POST")
            #expect(try await upstream.peer.send("PUT", "/v1/hubs/hub-0001").headers["allow"] == "GET")
        }
    }

    @Test("Enrolment refuses what is no request, and tells no guesser whether there is such a hub")
    func enrolment() async throws {
        try await TestUpstream.with { upstream in
            let token = try await upstream.desk.createToken(
                for: try #require(HubID("hub-0001")), lifetime: .seconds(3600))
            let request = try await upstream.makeRequest("sound").request
            for (hub, secret) in [
                ("hub-0001", "wrong"), ("hub-0002", token.text), ("Hub!", token.text), ("", ""), ("hub-0001", ""),
            ] {
                let answer = try await upstream.enrol(hub, token: secret, request: request)
                #expect(answer.status == 401)
                #expect(answer.errorCode == "token-unknown")
                #expect(answer.headers["www-authenticate"]?.stringValue?.hasPrefix("Basic ") == true)
            }
            #expect(try await upstream.peer.send("POST", "/.well-known/est/simpleenroll").status == 401)
            for bad in [[], [0x30, 0x00], Array(request.dropLast()), request + [0]] as [[UInt8]] {
                let answer = try await upstream.enrol("hub-0001", token: token.text, request: bad)
                #expect(answer.status == 400)
                #expect(answer.errorCode == "request-refused")
            }
            let authorization = "Basic " + Data("hub-0001:\(token.text)".utf8).base64EncodedString()
            for (body, type, code) in [
                ("{", "application/pkcs10", "request-refused"), ("AAAA", "text/plain", "unsupported-media-type"),
                (String(repeating: " ", count: 40_000), "application/pkcs10", "too-large"),
            ] {
                let answer = try await upstream.peer.send(
                    "POST", "/.well-known/est/simpleenroll", body: Array(body.utf8),
                    headers: ["content-type": type, "authorization": authorization])
                #expect(answer.errorCode == code)
            }
            #expect(try await upstream.enrol("hub-0001", token: token.text, request: request).status == 200)
        }
    }
}
