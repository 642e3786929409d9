import Glibc
import NIOCore
import NIOPosix

/// The device at the other end of a pty: what a test answers to bytes, and the plug that can be pulled.
struct TerminalPeer: Sendable {
    struct Failure: Error {
        var code = errno
    }

    /// The pty's side for the hub.
    let path: String
    private let channel: any Channel
    /// Held open, so that the pty lives while no link has it.
    private let keeper: CInt

    /// Runs `body` with a pty whose far end answers.
    static func with<Value>(
        answering answer: @escaping @Sendable (ByteBuffer) -> ByteBuffer = { $0 },
        _ body: (TerminalPeer) async throws -> Value
    ) async throws -> Value {
        let peer = try await TerminalPeer(answering: answer)
        do {
            let value = try await body(peer)
            await peer.unplug()
            return value
        } catch {
            await peer.unplug()
            throw error
        }
    }

    private init(answering answer: @escaping @Sendable (ByteBuffer) -> ByteBuffer) async throws {
        var primary: CInt = -1
        var secondary: CInt = -1
        var settings = termios()
        // Until a link has made it raw, the terminal would echo what the peer says.
        cfmakeraw(&settings)
        settings.c_cflag |= tcflag_t(CREAD)
        var name = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard openpty(&primary, &secondary, &name, &settings, nil) == 0 else { throw Failure() }
        path = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        keeper = secondary
        channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(EchoHandler(answer))
                }
            }
            .takingOwnershipOfDescriptor(inputOutput: primary)
            .get()
    }

    /// Sends without being asked.
    func say(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// The device is gone.
    func unplug() async {
        do {
            try await channel.close()
            close(keeper)
        } catch {
            return  // It was unplugged before.
        }
    }
}
