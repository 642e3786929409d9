package import HubCore
package import NIOCore
import NIOPosix

/// A repository of files on a web server.
package final class HTTPRepository: RangedRepositoryPort {
    private let client: HTTPClient
    private let basePath: String

    /// - Parameter basePath: "/…", escaped as it goes into a URL; with or without a slash at its end.
    package init(
        _ endpoint: HTTPEndpoint, basePath: String, limits: HTTPLimits = HTTPRepository.limits,
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws(HTTPFailure) {
        client = try HTTPClient(endpoint, limits: limits, on: group)
        self.basePath = basePath.hasSuffix("/") ? basePath : basePath + "/"
    }

    /// 4 KiB in each 10 s, and 10 minutes for one file: a slow line passes, a server that drips does not.
    package static let limits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.responseTimeout = .seconds(600)
        limits.rateMin = HTTPLimits.Rate(byteCount: 4_096, interval: .seconds(10))
        return limits
    }()

    package func file(_ path: String, lengthMax: Int) async throws(RepositoryFault) -> [UInt8] {
        let response: HTTPResponse
        do throws(HTTPFailure) {
            response = try await client.send(
                HTTPRequest(.get, basePath + path, isRepeatable: true, bodyLengthMax: lengthMax))
        } catch {
            throw RepositoryFault(error)
        }
        guard response.status == 200 else { throw .status(response.status) }
        return response.body
    }

    /// RFC 9110 §14: a server may know no ranges, and answers with the whole file; one that says 206 has to give what was asked for.
    package func part(
        _ path: String, from offset: Int, lengthMax: Int, of length: Int
    ) async throws(RepositoryFault) -> RepositoryPart {
        let end = min(offset + lengthMax, length)
        let response: HTTPResponse
        do throws(HTTPFailure) {
            response = try await client.send(
                HTTPRequest(
                    .get, basePath + path, fields: [HTTPField("Range", "bytes=\(offset)-\(end - 1)")],
                    isRepeatable: true, bodyLengthMax: length))
        } catch {
            throw RepositoryFault(error)
        }
        switch response.status {
        case 200: return .whole(response.body)
        case 206:
            guard response["Content-Range"]?.hasPrefix("bytes \(offset)-") == true, !response.body.isEmpty,
                response.body.count <= end - offset
            else { throw .unreachable(reason: "the server answers with another part of the file") }
            return .part(response.body)
        default: throw .status(response.status)
        }
    }

    package func close() {
        client.close()
    }
}

extension RepositoryFault {
    fileprivate init(_ failure: HTTPFailure) {
        switch failure {
        case .tooLarge(.body, let lengthMax): self = .tooLong(lengthMax: lengthMax)
        case .timedOut(.response): self = .tooSlow
        case .nameNotResolved, .refused, .connectFailed, .timedOut, .tls, .connectionLost, .malformed, .tooLarge,
            .cancelled,
            .ownCredentialUnusable:
            self = .unreachable(reason: failure.description)
        }
    }
}
