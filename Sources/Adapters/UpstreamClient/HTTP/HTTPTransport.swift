import HubCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// What every connection of this module is made of, whatever is done with it.
enum HTTPTransport {
    static func connect<Output: Sendable>(
        _ endpoint: HTTPEndpoint, limits: HTTPLimits, on group: any EventLoopGroup,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws -> Output {
        let bootstrap = ClientBootstrap(group: group).connectTimeout(TimeAmount(limits.connectTimeout))
        switch endpoint {
        case .tls(let host, let port, _), .plain(let host, let port):
            return try await bootstrap.connect(host: host, port: port, channelInitializer: initializer)
        case .unixSocket(let path):
            return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initializer)
        }
    }

    /// TLS and HTTP/1.1, in front of the handler that is in the pipeline already.
    static func addCodec(
        to pipeline: ChannelPipeline.SynchronousOperations, _ endpoint: HTTPEndpoint, tls: NIOSSLContext?,
        limits: HTTPLimits
    ) throws {
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldCount = limits.fieldCountMax
        decoderLimits.maxHeaderFieldSize = limits.fieldLengthMax
        decoderLimits.maxHeaderListSize = limits.fieldsLengthMax
        var handlers: [any ChannelHandler] = []
        if let tls, case .tls(let host, _, let trust) = endpoint {
            let name = serverName(of: host)
            if let region = trust.region {
                handlers.append(
                    try NIOSSLClientHandler._makeSSLClientHandler(context: tls, serverHostname: name) {
                        certificate, channel in
                        channel.eventLoop.makeCompletedFuture { try UpstreamRegion.check(certificate, is: region) }
                    })
            } else {
                handlers.append(try NIOSSLClientHandler(context: tls, serverHostname: name))
            }
        }
        handlers.append(HTTPRequestEncoder())
        handlers.append(
            ByteToMessageHandler(
                HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: decoderLimits)))
        try pipeline.addHandlers(handlers, position: .first)
    }

    static func head(_ request: HTTPRequest, authority: String) -> HTTPRequestHead {
        var headers = HTTPHeaders([("Host", authority)])
        headers.add(contentsOf: request.fields.map { ($0.name, $0.value) })
        if !request.body.isEmpty || request.method == .post || request.method == .put {
            headers.replaceOrAdd(name: "Content-Length", value: "\(request.body.count)")
        }
        return HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method.rawValue), uri: request.target,
            headers: headers)
    }

    /// An address goes into no SNI (RFC 6066 §3); NIOSSL then compares the peer's address with the certificate.
    static func serverName(of host: String) -> String? {
        isAddress(host) ? nil : host
    }

    private static func isAddress(_ host: String) -> Bool {
        do {
            _ = try SocketAddress(ipAddress: host, port: 0)
            return true
        } catch {
            // Not an address, so a name: that is the question, not a failure.
            return false
        }
    }
}
