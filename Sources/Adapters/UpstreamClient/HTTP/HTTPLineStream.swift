import HubCore
import NIOCore
import NIOHTTP1
import NIOSSL

/// One request whose answer is read line by line for as long as it lasts. The connection ends with it.
struct HTTPLineStream {
    private typealias Parts = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private let parts: Parts
    private let authority: String
    private let limits: HTTPLimits

    static func open(
        _ endpoint: HTTPEndpoint, tls: NIOSSLContext?, limits: HTTPLimits, on group: any EventLoopGroup
    ) async throws(HTTPFailure) -> HTTPLineStream {
        do {
            let parts: Parts = try await HTTPTransport.connect(endpoint, limits: limits, on: group) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try HTTPTransport.addCodec(
                        to: channel.pipeline.syncOperations, endpoint, tls: tls, limits: limits)
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
            return HTTPLineStream(parts: parts, authority: endpoint.authority, limits: limits)
        } catch {
            throw HTTPFailure(error, limits: limits)
        }
    }

    func run(
        _ request: HTTPRequest, line: @escaping @Sendable ([UInt8]) async -> Bool
    ) async throws(HTTPFailure) -> HTTPResponse {
        // A peer that never answers is cut off. Once the head is here there is no deadline: a stream may be quiet.
        let channel = parts.channel
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limits.responseTimeout)) {
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        let started = ContinuousClock.now
        do {
            return try await parts.executeThenClose { inbound, outbound in
                // At once: a peer that has read the head may answer and close before an end of its own is written.
                try await outbound.write(contentsOf: parts(of: request))
                var iterator = inbound.makeAsyncIterator()
                let head = try await head(&iterator, since: started)
                deadline.cancel()
                let fields = head.headers.map { HTTPField($0.name, $0.value) }
                var response = HTTPResponse(status: Int(head.status.code), fields: fields)
                if head.status == .ok {
                    try await deliver(&iterator, to: line)
                } else {
                    response.body = try await body(&iterator)
                }
                return response
            }
        } catch {
            if Task.isCancelled { throw .cancelled }
            throw HTTPFailure(error, limits: limits)
        }
    }

    private func parts(of request: HTTPRequest) -> [HTTPClientRequestPart] {
        let head = HTTPClientRequestPart.head(HTTPTransport.head(request, authority: authority))
        guard !request.body.isEmpty else { return [head, .end(nil)] }
        return [head, .body(.byteBuffer(ByteBuffer(bytes: request.body))), .end(nil)]
    }

    /// A connection that ends before the head when its time is over was ended by the deadline.
    private func head(
        _ iterator: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator,
        since started: ContinuousClock.Instant
    ) async throws(HTTPFailure) -> HTTPResponseHead {
        var failure = HTTPFailure.connectionLost
        do {
            if case .head(let head)? = try await iterator.next() { return head }
        } catch {
            failure = HTTPFailure(error, limits: limits)
        }
        let isLate = failure == .connectionLost && started.duration(to: .now) >= limits.responseTimeout
        throw isLate ? .timedOut(.response) : failure
    }

    private func deliver(
        _ iterator: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator,
        to line: @Sendable ([UInt8]) async -> Bool
    ) async throws {
        var splitter = LineSplitter(lengthMax: limits.lineLengthMax)
        while let part = try await iterator.next() {
            switch part {
            case .body(let buffer):
                for complete in try splitter.append(Array(buffer.readableBytesView)) {
                    guard await line(complete) else { return }
                }
            case .end:
                if let rest = splitter.finish() { _ = await line(rest) }
                return
            case .head:
                throw HTTPFailure.malformed(reason: "parts out of order")
            }
        }
        throw HTTPFailure.connectionLost
    }

    private func body(
        _ iterator: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    ) async throws -> [UInt8] {
        var body: [UInt8] = []
        while let part = try await iterator.next() {
            switch part {
            case .body(let buffer):
                guard body.count + buffer.readableBytes <= limits.bodyLengthMax else {
                    throw HTTPFailure.tooLarge(.body, lengthMax: limits.bodyLengthMax)
                }
                body += buffer.readableBytesView
            case .end:
                return body
            case .head:
                throw HTTPFailure.malformed(reason: "parts out of order")
            }
        }
        throw HTTPFailure.connectionLost
    }
}
