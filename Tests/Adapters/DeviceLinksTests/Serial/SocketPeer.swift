import NIOCore
import NIOPosix

/// A TCP server on the loopback that answers as a serial device behind an emulator would.
enum SocketPeer {
    /// Runs `body` with the port of a running server.
    static func with<Value>(
        answering answer: @escaping @Sendable (ByteBuffer) -> ByteBuffer = { $0 }, _ body: (Int) async throws -> Value
    ) async throws -> Value {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(EchoHandler(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let value = try await body(channel.localAddress?.port ?? 0)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }
}
