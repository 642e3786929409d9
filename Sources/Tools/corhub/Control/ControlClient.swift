import JSONCoding
import NIOPosix
import UpstreamClient

/// Asks the running agent over its control socket.
struct ControlClient: Sendable {
    private let socket: String
    private let client: HTTPClient

    /// The longest answers are a batch of 2 MiB, and a thousand readings.
    private static var limits: HTTPLimits {
        var limits = HTTPLimits()
        limits.bodyLengthMax = 16 << 20
        return limits
    }

    init(socket: String) throws(CommandProblem) {
        self.socket = socket
        do {
            client = try HTTPClient(
                .unixSocket(path: socket), limits: Self.limits, on: MultiThreadedEventLoopGroup.singleton)
        } catch {
            throw Self.problem(error, socket)
        }
    }

    func get(_ target: String) async throws(CommandProblem) -> JSONValue {
        try json(try await bytes(HTTPRequest(.get, target, isRepeatable: true)))
    }

    func post(_ target: String) async throws(CommandProblem) -> JSONValue {
        try json(try await bytes(HTTPRequest(.post, target)))
    }

    func post(_ target: String, body: [UInt8]) async throws(CommandProblem) -> JSONValue {
        try json(try await bytes(HTTPRequest(.post, target, body: body)))
    }

    func post(_ target: String, _ value: JSONValue) async throws(CommandProblem) -> JSONValue {
        try await post(target, body: Array(value.serialized().utf8))
    }

    func bytes(_ request: HTTPRequest) async throws(CommandProblem) -> [UInt8] {
        let response: HTTPResponse
        do {
            response = try await client.send(request)
        } catch {
            throw Self.problem(error, socket)
        }
        guard response.status == 200 else { throw Self.problem(response) }
        return response.body
    }

    /// Streams JSON values until the agent ends, or `line` returns false.
    func lines(
        _ request: HTTPRequest, line: @escaping @Sendable (JSONValue) -> Bool
    ) async throws(CommandProblem) {
        let response: HTTPResponse
        do {
            response = try await client.lines(of: request) { bytes in
                guard let value = JSONValue(ifSound: bytes) else { return true }
                return line(value)
            }
        } catch {
            if error == .cancelled { return }
            throw Self.problem(error, socket)
        }
        guard response.status == 200 else { throw Self.problem(response) }
    }

    private func json(_ bytes: [UInt8]) throws(CommandProblem) -> JSONValue {
        guard let value = JSONValue(ifSound: bytes) else {
            throw CommandProblem(.failed, code: "agent-answer", "the agent's answer cannot be read")
        }
        return value
    }

    private static func problem(_ failure: HTTPFailure, _ socket: String) -> CommandProblem {
        switch failure {
        case .refused:
            CommandProblem(
                .temporary, code: "agent-not-running",
                "no agent answers on \(socket): start it with `corhub run`, or name its socket with --socket")
        case .connectFailed(let errno) where errno == 13:
            CommandProblem(
                .failed, code: "permission-denied",
                "\(socket) may not be used by this user: ask to be added to the socket's group")
        default:
            CommandProblem(.failed, code: "agent-unreachable", "\(socket): \(failure)")
        }
    }

    private static func problem(_ response: HTTPResponse) -> CommandProblem {
        let error = JSONValue(ifSound: response.body)?["error"]
        let status: ExitStatus =
            switch response.status {
            case 400, 405: .usage
            case 404: .notFound
            case 409: .nothingToDo
            case 403: .failed
            case 503: .temporary
            default: .failed
            }
        return CommandProblem(
            status, code: error?["code"]?.stringValue ?? "agent-refused",
            error?["message"]?.stringValue ?? "the agent answered with status \(response.status)")
    }
}

extension JSONValue {
    /// Nil for what is no JSON.
    init?(ifSound bytes: [UInt8]) {
        do { self = try JSONValue.parse(bytes) } catch { return nil }
    }
}
