import Glibc
import HubCore
import JSONCoding
import NIOPosix
import UpstreamClient

/// Whether an agent answers on the control socket, and what it says of its sandbox.
struct ControlSocketProbe: Sendable {
    let path: String

    /// Asks once. What it says of its sandbox is nil where nobody says it: another program listens, or an agent that is busy or of
    /// before.
    ///
    /// The agent has tried each wall. From outside only a part could be seen, and not whether a filter refuses anything.
    func look() async -> (socket: DoctorFacts.ControlSocket, sandbox: SandboxFindings?) {
        // NIO refuses such a path as something else than an address where nobody is.
        guard path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return (.absent, nil) }
        do throws(HTTPFailure) {
            let client = try HTTPClient(
                .unixSocket(path: path), limits: Self.limits, on: MultiThreadedEventLoopGroup.singleton)
            defer { client.close() }
            let response = try await client.send(HTTPRequest(.get, "/v1/status"))
            return (.answers, response.status == 200 ? Self.sandbox(of: response.body) : nil)
        } catch {
            return (Self.socket(error), nil)
        }
    }

    private static func socket(_ failure: HTTPFailure) -> DoctorFacts.ControlSocket {
        switch failure {
        case .connectFailed(EACCES), .connectFailed(EPERM): .denied
        case .refused, .connectFailed, .timedOut(.connect), .nameNotResolved: .absent
        // Somebody took the connection.
        case .timedOut, .tls, .connectionLost, .malformed, .tooLarge, .cancelled, .ownCredentialUnusable: .answers
        }
    }

    private static let limits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.responseTimeout = .seconds(10)
        return limits
    }()

    private static func sandbox(of body: [UInt8]) -> SandboxFindings? {
        do throws(JSONError) {
            guard let listed = try JSONValue.parse(body)["sandbox"]?["missing"]?.arrayValue else { return nil }
            let missing = listed.compactMap(\.stringValue)
            let walls = missing.compactMap(SandboxFindings.Wall.init)
            // A wall that this version does not know would be forgotten: the agent is a newer one.
            return walls.count == listed.count ? SandboxFindings(missing: Set(walls)) : nil
        } catch {
            return nil
        }
    }
}
