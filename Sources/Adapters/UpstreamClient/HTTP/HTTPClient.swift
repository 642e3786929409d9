package import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// HTTP/1.1 to one server, with one connection kept between requests.
///
/// Requests may be sent at the same time; each then has its own connection, and one of them is kept. No redirects, no
/// cookies, no compression, no proxies.
package final class HTTPClient: Sendable {
    private let endpoint: HTTPEndpoint
    private let limits: HTTPLimits
    private let group: any EventLoopGroup
    private let tls: NIOSSLContext?
    private let pool = Mutex(Pool())

    private struct Pool {
        var idle: HTTPConnection?
        var isClosed = false
    }

    /// Connects only when the first request is sent. Throws `.ownCredentialUnusable` for certificates that are none.
    package init(
        _ endpoint: HTTPEndpoint, limits: HTTPLimits = HTTPLimits(),
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws(HTTPFailure) {
        self.endpoint = endpoint
        self.limits = limits
        self.group = group
        tls = if case .tls(_, _, let trust) = endpoint { try trust.context() } else { nil }
    }

    /// The answer, whatever its status.
    package func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
        if let kept = takeIdle() {
            let answer = await kept.send(request)
            // A server may close a kept connection at any time (RFC 9112 §9.5); what may be sent twice is sent again.
            guard case .failure(.connectionLost) = answer.result, request.isRepeatable else {
                return try finish(answer, of: kept)
            }
        }
        let connection = try await HTTPConnection.open(endpoint, tls: tls, limits: limits, on: group)
        return try finish(await connection.send(request), of: connection)
    }

    /// Streams the lines of a 200 answer (NDJSON) on a connection of its own, in order, with back-pressure.
    ///
    /// - Parameter line: one line without its end; returns false to stop.
    /// - Returns: the answer; its body is empty where lines were streamed, and complete for any other status.
    package func lines(
        of request: HTTPRequest, line: @escaping @Sendable ([UInt8]) async -> Bool
    ) async throws(HTTPFailure) -> HTTPResponse {
        let stream = try await HTTPLineStream.open(endpoint, tls: tls, limits: limits, on: group)
        return try await stream.run(request, line: line)
    }

    /// Closes the kept connection; requests on their way finish, and none is kept after that.
    package func close() {
        let kept = pool.withLock { pool in
            pool.isClosed = true
            defer { pool.idle = nil }
            return pool.idle
        }
        kept?.close()
    }

    private func finish(
        _ answer: HTTPAnswer, of connection: HTTPConnection
    ) throws(HTTPFailure) -> HTTPResponse {
        if answer.isReusable {
            keep(connection)
        } else {
            connection.close()
        }
        return try answer.result.get()
    }

    private func takeIdle() -> HTTPConnection? {
        let kept = pool.withLock { pool in
            defer { pool.idle = nil }
            return pool.idle
        }
        guard let kept, kept.isOpen else { return nil }
        return kept
    }

    private func keep(_ connection: HTTPConnection) {
        let surplus: HTTPConnection? = pool.withLock { pool in
            guard !pool.isClosed, pool.idle == nil else { return connection }
            pool.idle = connection
            return nil
        }
        surplus?.close()
    }
}
