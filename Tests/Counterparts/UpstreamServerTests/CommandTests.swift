import CORProtocol
import Foundation
import JSONCoding
import Testing
import UpstreamServer

/// The command itself, as a process.
@Suite("corhub-upstream")
struct CommandTests {
    @Test("A receipt survives kill -9, and the log goes on; SIGTERM ends the server with status 0")
    func killed() async throws {
        let command = try CommandFolder()
        defer { command.remove() }
        _ = try await command.run("init", command.state)
        let server = try await command.serve()
        let upstream = try command.upstream(at: server.url)
        var (hub, identity) = try await upstream.enrolledHub()
        let batch = try hub.cut()
        let before = try await upstream.peer.submit(batch.bytes, as: identity)
        #expect(before.status == 200)
        #expect(await server.kill(SIGKILL) == SIGKILL)

        let second = try await command.serve()
        let restarted = try command.upstream(at: second.url)
        #expect(try await restarted.peer.submit(batch.bytes, as: identity).body == before.body)
        let next = try restarted.verified(try await restarted.peer.submit(try hub.cut().bytes, as: identity).body)
        #expect(try InclusionReceipt(decoding: try #require(next.inclusion)).leafIndex == 1)
        #expect(await second.kill(SIGTERM) == 0)
    }

    @Test("A full disk: no receipt is given for what is not stored, and after a start with room everything goes on")
    func fullDisk() async throws {
        let command = try CommandFolder()
        defer { command.remove() }
        _ = try await command.run("init", command.state)
        let first = try await command.serve()
        var (hub, identity) = try await command.upstream(at: first.url).enrolledHub()
        #expect(await first.kill(SIGTERM) == 0)

        let full = try await command.serve(fileKilobytesMax: 512)
        let upstream = try command.upstream(at: full.url)
        let device = try TestDevice(of: upstream.maker)
        let lines = [String](repeating: String(repeating: "x", count: 256), count: 256)
        var receipts: [[UInt8]] = []
        var refused: SignedBatch?
        for sequence in UInt64(1)...20 where refused == nil {
            let record = device.item(try device.record(sequence, lines: lines), trust: .linkOnly)
            let batch = try hub.signed(hub.draft([record]))
            let answer = try await upstream.peer.submit(batch.bytes, as: identity)
            switch answer.status {
            case 200:
                receipts.append(answer.body)
                hub.advance(over: batch.hash)
            default:
                #expect(answer.status == 503)
                #expect(answer.headers["retry-after"] != nil)
                refused = batch
            }
        }
        let last = try #require(refused)
        #expect(try await upstream.peer.send("GET", "/healthz").status == 503)
        #expect(try await upstream.peer.submit(last.bytes, as: identity).status == 503)
        #expect(await full.kill(SIGTERM) == 0)

        let again = try await command.serve()
        let restarted = try command.upstream(at: again.url)
        for (index, receipt) in receipts.enumerated() {
            let path = "/v1/hubs/hub-0001/batches/\(hub.epoch.hex)/\(index + 1)"
            #expect(try await restarted.peer.send("GET", path, as: identity).body == receipt)
        }
        let accepted = try restarted.verified(try await restarted.peer.submit(last.bytes, as: identity).body)
        #expect(accepted.sequence == UInt64(receipts.count) + 1)
        #expect(await again.kill(SIGTERM) == 0)
    }

    @Test("A port in use, a state folder in use and one that is not there are one line each and status 1")
    func faults() async throws {
        let command = try CommandFolder()
        defer { command.remove() }
        _ = try await command.run("init", command.state)
        let server = try await command.serve()
        let port = try #require(server.url.split(separator: ":").last)
        #expect(
            try await command.failure("serve", "--state", command.state, "--listen", "127.0.0.1:0")
                == "corhub-upstream: another server has this state folder open\n")
        let other = command.path.appending(path: "other").path(percentEncoded: false)
        _ = try await command.run("init", other)
        #expect(
            try await command.failure("serve", "--state", other, "--listen", "127.0.0.1:\(port)")
                == "corhub-upstream: 127.0.0.1:\(port) is in use\n")
        #expect(
            try await command.failure("serve", "--state", other, "--environment", "production")
                == "corhub-upstream: \(other) was made for environment test\n")
        #expect(
            try await command.failure("serve", "--state", "/nonexistent")
                == "corhub-upstream: /nonexistent: not initialised: run corhub-upstream init /nonexistent\n")
        #expect(try await command.failure("init", other).hasSuffix("exists already: this folder is initialised\n"))
        #expect(await server.kill(SIGTERM) == 0)
    }

    @Test("Tokens, hubs and operators are managed beside a running server")
    func management() async throws {
        let command = try CommandFolder()
        defer { command.remove() }
        _ = try await command.run("init", command.state)
        let server = try await command.serve()
        let created = try await command.run("token", "create", "hub-0001", "--state", command.state, "--json")
        let claim = try JSONValue.parse(created)["token"]?.stringValue.flatMap { ClaimToken(text: $0) }
        #expect(claim?.hub.text == "hub-0001" && claim?.secret.utf8.count == 32)
        let listed = try JSONValue.parse(try await command.run("token", "list", "--state", command.state, "--json"))
        #expect(listed["state"] == "open")
        let id = try #require(listed["id"]?.stringValue)
        _ = try await command.run("token", "revoke", id, "--state", command.state)
        #expect(try await command.failure("token", "revoke", id, "--state", command.state).contains("no open token"))
        #expect(try await command.failure("hub", "revoke", "hub-0001", "--state", command.state).contains("no hub"))

        let (_, identity) = try await command.upstream(at: server.url).enrolledHub()
        #expect(try await command.run("hub", "list", "--state", command.state) == "hub-0001  enrolled\n")
        _ = try await command.run("hub", "revoke", "hub-0001", "--state", command.state)
        let peer = try command.upstream(at: server.url).peer
        #expect(try await peer.submit([0], as: identity).status == 403)
        #expect(await server.kill(SIGTERM) == 0)
    }
}
