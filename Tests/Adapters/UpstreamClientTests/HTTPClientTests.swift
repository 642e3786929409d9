import HubCore
import PeerFixtures
import Testing
import UpstreamClient

@Suite("HTTP/1.1 against peers that behave and peers that do not")
struct HTTPClientTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("Requests arrive whole, on one kept connection")
    func keepAlive() async throws {
        let (peer, endpoint) = try Peer.unix("echo", in: folder)
        let client = try HTTPClient(endpoint)
        let body = [UInt8](repeating: UInt8(ascii: "b"), count: 300_000)
        for count in 1...3 {
            let request = HTTPRequest(.post, "/path?q=1", fields: [HTTPField("X-Test", "value")], body: body)
            let response = try await client.send(request)
            let echo = try Echo(response)
            #expect(response.status == 200)
            #expect(response["CONTENT-TYPE"] == "application/json")
            #expect(echo.connection == 1 && echo.request == count)
            #expect(echo.line == "POST /path?q=1 HTTP/1.1")
            #expect(echo.fields["host"] == "localhost" && echo.fields["x-test"] == "value")
            #expect(echo.length == body.count)
        }
        client.close()
        withExtendedLifetime(peer) {}
    }

    @Test("Requests at the same time all get their own answer")
    func concurrent() async throws {
        let (peer, endpoint) = try Peer.unix("echo", in: folder)
        let client = try HTTPClient(endpoint)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<20 {
                group.addTask {
                    let echo = try Echo(try await client.send(HTTPRequest(.get, "/\(index)")))
                    #expect(echo.line == "GET /\(index) HTTP/1.1")
                }
            }
            try await group.waitForAll()
        }
        client.close()
        withExtendedLifetime(peer) {}
    }

    @Test("A kept connection that the peer has closed is replaced")
    func staleConnection() async throws {
        let (peer, endpoint) = try Peer.unix("close-after", in: folder)
        let client = try HTTPClient(endpoint)
        for count in 1...5 {
            let response = try await client.send(HTTPRequest(.post, "/", isRepeatable: true))
            #expect(String(decoding: response.body, as: UTF8.self) == "\(count)")
        }
        withExtendedLifetime(peer) {}
    }

    @Test(
        "What is no answer is a typed failure",
        arguments: [
            ("silent", .timedOut(.response)),
            ("drip", .timedOut(.response)),
            ("lost", .connectionLost),
            ("cut", .connectionLost),
            ("announced", .tooLarge(.body, lengthMax: 4096)),
            ("endless", .tooLarge(.body, lengthMax: 4096)),
            ("endless-fields", .tooLarge(.fields, lengthMax: 32768)),
            ("big-field", .tooLarge(.fields, lengthMax: 32768)),
            ("many-fields", .tooLarge(.fields, lengthMax: 32768)),
        ] as [(String, HTTPFailure)])
    func failures(behaviour: String, failure: HTTPFailure) async throws {
        let (peer, endpoint) = try Peer.unix(behaviour, in: folder)
        let client = try HTTPClient(endpoint, limits: failure == .timedOut(.response) ? .hasty : .small)
        await #expect(throws: failure) { _ = try await client.send(HTTPRequest(.get, "/")) }
        withExtendedLifetime(peer) {}
    }

    @Test(
        "What is not HTTP/1.1 is malformed",
        arguments: [
            "garbage", "http2", "two-lengths", "length-and-chunks", "bad-chunk",
        ])
    func malformed(behaviour: String) async throws {
        let (peer, endpoint) = try Peer.unix(behaviour, in: folder)
        let client = try HTTPClient(endpoint, limits: .small)
        let failure = await #expect(throws: HTTPFailure.self) { _ = try await client.send(HTTPRequest(.get, "/")) }
        guard case .malformed = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        withExtendedLifetime(peer) {}
    }

    @Test("An interim answer is passed over")
    func interim() async throws {
        let (peer, endpoint) = try Peer.unix("continue", in: folder)
        let response = try await HTTPClient(endpoint).send(HTTPRequest(.get, "/"))
        #expect(response.body == Array("ok".utf8))
        withExtendedLifetime(peer) {}
    }

    @Test("A second answer to one request is not taken for the next one's")
    func smuggledAnswer() async throws {
        let (peer, endpoint) = try Peer.unix("extra", in: folder)
        let client = try HTTPClient(endpoint, limits: .small)
        for _ in 1...3 {
            let response = try await client.send(HTTPRequest(.get, "/", isRepeatable: true))
            #expect(response.body == Array("ok".utf8))
        }
        withExtendedLifetime(peer) {}
    }

    @Test("A redirect is an answer like any other")
    func redirect() async throws {
        let (peer, endpoint) = try Peer.unix(
            "fixed", in: folder, ["--status", "302", "--field", "Location: http://elsewhere.example/"])
        let response = try await HTTPClient(endpoint).send(HTTPRequest(.get, "/"))
        #expect(response.status == 302)
        #expect(response["location"] == "http://elsewhere.example/")
        withExtendedLifetime(peer) {}
    }

    @Test("No socket is no listener")
    func noSocket() async throws {
        let client = try HTTPClient(.unixSocket(path: folder.file("none.sock")))
        await #expect(throws: HTTPFailure.refused) { _ = try await client.send(HTTPRequest(.get, "/")) }
    }

    @Test("A cancelled request ends at once and says so")
    func cancelled() async throws {
        let (peer, endpoint) = try Peer.unix("silent", in: folder)
        let client = try HTTPClient(endpoint)
        let task = Task { () async -> HTTPFailure? in
            do throws(HTTPFailure) {
                _ = try await client.send(HTTPRequest(.get, "/"))
                return nil
            } catch {
                return error
            }
        }
        task.cancel()
        #expect(await task.value == .cancelled)
        withExtendedLifetime(peer) {}
    }
}
