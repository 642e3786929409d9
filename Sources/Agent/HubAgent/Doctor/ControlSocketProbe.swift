import Glibc
import HubCore
import JSONCoding
import NIOPosix
import UpstreamClient

/// Whether an agent answers on the control socket, and what it says of its sandbox.
struct ControlSocketProbe: Sendable {
    let path: String

    func look() -> DoctorFacts.ControlSocket {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return .absent }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return .absent }
        defer { close(descriptor) }
        let isConnected = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else {
            switch errno {
            case EACCES, EPERM: return .denied
            case ENOENT: return .absent
            default: return .dead
            }
        }
        return .answers
    }

    /// Nil where nobody says it: another program listens, or an agent that is busy or of before.
    ///
    /// The agent has tried each wall. From outside only a part could be seen, and not whether a filter refuses anything.
    func sandbox() async -> SandboxFindings? {
        do throws(HTTPFailure) {
            let client = try HTTPClient(
                .unixSocket(path: path), limits: Self.limits, on: MultiThreadedEventLoopGroup.singleton)
            defer { client.close() }
            let response = try await client.send(HTTPRequest(.get, "/v1/status"))
            return response.status == 200 ? Self.sandbox(of: response.body) : nil
        } catch {
            return nil
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
