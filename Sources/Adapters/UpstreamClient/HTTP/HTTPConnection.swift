import HubCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// An open connection that carries one request at a time.
struct HTTPConnection: Sendable {
    private let channel: any Channel
    private let authority: String
    private let limits: HTTPLimits

    static func open(
        _ endpoint: HTTPEndpoint, tls: NIOSSLContext?, limits: HTTPLimits, on group: any EventLoopGroup
    ) async throws(HTTPFailure) -> HTTPConnection {
        let failure: HTTPFailure?
        let connection: HTTPConnection
        do {
            let (channel, opened) = try await HTTPTransport.connect(endpoint, limits: limits, on: group) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let opened = channel.eventLoop.makePromise(of: HTTPFailure?.self)
                    let pipeline = channel.pipeline.syncOperations
                    // Last but first, so that the promise is kept even when a handler before it cannot be made.
                    try pipeline.addHandler(HTTPConnectionHandler(usesTLS: tls != nil, limits: limits, opened: opened))
                    try HTTPTransport.addCodec(to: pipeline, endpoint, tls: tls, limits: limits)
                    return (channel, opened.futureResult)
                }
            }
            connection = HTTPConnection(channel: channel, authority: endpoint.authority, limits: limits)
            failure = try await withTaskCancellationHandler {
                try await opened.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            throw HTTPFailure(error, limits: limits)
        }
        if let failure {
            connection.close()
            throw Task.isCancelled ? .cancelled : failure
        }
        return connection
    }

    func send(_ request: HTTPRequest) async -> HTTPAnswer {
        let answer = channel.eventLoop.makePromise(of: HTTPAnswer.self)
        let exchange = HTTPExchange(
            head: HTTPTransport.head(request, authority: authority), body: ByteBuffer(bytes: request.body),
            bodyLengthMax: request.bodyLengthMax ?? limits.bodyLengthMax, answer: answer)
        let written = channel.eventLoop.makePromise(of: Void.self)
        // A pipeline that is gone already cannot answer by itself.
        written.futureResult.whenFailure { _ in
            answer.succeed(HTTPAnswer(result: .failure(.connectionLost), isReusable: false))
        }
        channel.writeAndFlush(exchange, promise: written)
        do {
            let result = try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
            return Task.isCancelled && !result.isReusable
                ? HTTPAnswer(result: .failure(.cancelled), isReusable: false) : result
        } catch {
            return HTTPAnswer(result: .failure(HTTPFailure(error, limits: limits)), isReusable: false)
        }
    }

    var isOpen: Bool { channel.isActive }

    func close() {
        channel.close(promise: nil)
    }
}
