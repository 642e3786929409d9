import HubCore
import PeerFixtures
import Synchronization
import Testing
import UpstreamClient

@Suite("Streams of lines")
struct HTTPLineStreamTests {
    final class Lines: Sendable {
        private let stored = Mutex<[String]>([])
        var all: [String] { stored.withLock { $0 } }

        @discardableResult
        func append(_ line: [UInt8]) -> Int {
            stored.withLock { lines in
                lines.append(String(decoding: line, as: UTF8.self))
                return lines.count
            }
        }
    }

    let folder: TemporaryFolder
    let lines = Lines()

    init() throws {
        folder = try TemporaryFolder()
    }

    func run(_ behaviour: String, _ target: String = "/", stopAfter countMax: Int = .max) async throws -> HTTPResponse {
        let (peer, endpoint) = try Peer.unix(behaviour, in: folder, ["--status", "404", "--body", "none"])
        let client = try HTTPClient(endpoint, limits: behaviour == "silent" ? .hasty : .small)
        defer { withExtendedLifetime(peer) {} }
        return try await client.lines(of: HTTPRequest(.get, target)) { [lines] line in
            lines.append(line) < countMax
        }
    }

    @Test("Lines arrive in order, however the chunks are cut")
    func inOrder() async throws {
        let response = try await run("lines")
        #expect(response.status == 200 && response.body.isEmpty)
        #expect(lines.all == [#"{"n":1}"#, #"{"n":2}"#, "", #"{"n":3}"#, "last"])
    }

    @Test("The reader may stop")
    func stopped() async throws {
        _ = try await run("lines", "/quiet", stopAfter: 2)
        #expect(lines.all == [#"{"n":1}"#, #"{"n":2}"#])
    }

    @Test("A stream that breaks off says so")
    func cut() async throws {
        await #expect(throws: HTTPFailure.connectionLost) { _ = try await run("lines", "/cut") }
        #expect(lines.all.count == 4)
    }

    @Test("Another status is no stream: its body comes whole")
    func otherStatus() async throws {
        let response = try await run("fixed")
        #expect(response.status == 404 && response.body == Array("none".utf8))
        #expect(lines.all.isEmpty)
    }

    @Test("A line without an end is refused")
    func longLine() async throws {
        await #expect(throws: HTTPFailure.tooLarge(.line, lengthMax: 4096)) { _ = try await run("long-line") }
    }

    @Test("A peer that never answers is cut off")
    func silent() async throws {
        await #expect(throws: HTTPFailure.timedOut(.response)) { _ = try await run("silent") }
    }
}
