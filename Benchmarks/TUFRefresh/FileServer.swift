import NIOCore
import NIOHTTP1
import NIOPosix
import TUFUpdater

/// Serves the files of one folder over HTTP/1.1. Both clients wait for the same server, and little.
struct FileServer {
    private let channel: any Channel

    static func start(_ folder: String) async throws -> FileServer {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 64)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FileHandler(folder: MetadataFolder(folder)))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        return FileServer(channel: try await bootstrap.bind(host: "127.0.0.1", port: 0).get())
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    func close() async throws {
        try await channel.close()
    }
}

private final class FileHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let folder: MetadataFolder

    init(folder: MetadataFolder) {
        self.folder = folder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        var content: [UInt8]?
        do {
            content = try folder.read(String(head.uri.dropFirst()))
        } catch {
            content = nil  // As a file that is not there.
        }
        let headers = HTTPHeaders([("Content-Length", "\(content?.count ?? 0)")])
        let response = HTTPResponseHead(version: .http1_1, status: content == nil ? .notFound : .ok, headers: headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: content ?? [])))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
