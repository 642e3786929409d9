package import CORProtocol
import Glibc
package import HubCore
package import NIOCore
import NIOPosix
import SMPProtocol
import Synchronization

/// SMP over a serial line: a tty or pty of this machine, or the TCP socket behind which an emulator has its UART.
///
/// Framing is the console's, or none (`SerialOptions`). A tty is taken for this link alone and set to raw mode. The
/// device gone, however the system says it, is `gone(.refused)`.
package final class SerialDeviceLink: DeviceLink {
    /// How long a socket may take to open.
    private static let connectTimeout = TimeAmount.seconds(10)

    package let kind = LinkKind.serial
    package let address: String

    private enum Port {
        case terminal(path: String)
        case socket(SocketAddress)
    }

    private enum State {
        case idle
        case opening
        case open(any Channel)
        /// Closed by this side, or ended.
        case over
    }

    private let port: Port
    private let options: SerialOptions
    private let eventLoop: any EventLoop
    private let state = Mutex(State.idle)

    /// A tty or pty.
    package init(path: String, options: SerialOptions = SerialOptions(), on eventLoop: any EventLoop) {
        port = .terminal(path: path)
        self.options = options
        self.eventLoop = eventLoop
        address = LinkAddress.serial(path: path, options).description
    }

    /// A TCP socket.
    package init(
        host: String, port: Int, options: SerialOptions = SerialOptions(), on eventLoop: any EventLoop,
        allowsRemote: Bool = false
    ) throws(LinkAddressError) {
        self.port = .socket(try SocketAddress(device: host, port: port, allowsRemote: allowsRemote))
        self.options = options
        self.eventLoop = eventLoop
        address = LinkAddress.tcp(host: host, port: port, options).description
    }

    package var messageLengthMax: Int {
        // The console's frame has 16 bits for the length of message and CRC; a bare message is as long as its header says.
        let lengthMax =
            switch options.framing {
            case .console: ConsoleLimits().messageLengthMax
            case .raw: SMPHeader.byteCount + Int(UInt16.max)
            }
        return min(lengthMax, options.messageLengthMax ?? lengthMax)
    }

    package func messageLengthMax(bufferSize: Int) -> Int {
        // Zephyr and MCUboot decode a console's frame, length and CRC included, into one such buffer.
        let framing = options.framing == .console ? ConsoleFraming.overheadLength : 0
        return min(bufferSize - framing, messageLengthMax)
    }

    package func start(_ handler: @escaping @Sendable (LinkEvent) -> Void) {
        let starts = state.withLock { state in
            guard case .idle = state else { return false }
            state = .opening
            return true
        }
        precondition(starts, "a link is started once, and not after it was closed")

        eventLoop.execute { self.open(handler) }
    }

    package func send(_ message: [UInt8]) {
        guard message.count <= messageLengthMax, case .open(let channel) = state.withLock({ $0 }) else { return }
        channel.writeAndFlush(message, promise: nil)
    }

    package func close() {
        let channel = state.withLock { state -> (any Channel)? in
            defer { state = .over }
            guard case .open(let channel) = state else { return nil }
            return channel
        }
        // While opening, `opened` finds the state and closes the channel.
        channel?.close(promise: nil)
    }

    private func open(_ handler: @escaping @Sendable (LinkEvent) -> Void) {
        switch port {
        case .terminal(let path):
            do throws(SerialTerminal.Failure) {
                open(try SerialTerminal(path: path, baud: options.baud), handler)
            } catch {
                fail(LinkGoneReason(serial: error.code), handler)
            }
        case .socket(let address):
            ClientBootstrap(group: eventLoop)
                .connectTimeout(Self.connectTimeout)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { self.prepare($0, terminal: nil, handler) }
                .connect(to: address)
                .whenComplete { self.finishOpening($0, handler) }
        }
    }

    private func open(_ terminal: SerialTerminal, _ handler: @escaping @Sendable (LinkEvent) -> Void) {
        let descriptor: CInt
        do throws(SerialTerminal.Failure) {
            descriptor = try terminal.duplicate()
        } catch {
            return fail(LinkGoneReason(serial: error.code), handler)
        }
        NIOPipeBootstrap(group: eventLoop)
            .channelInitializer { self.prepare($0, terminal: terminal, handler) }
            .takingOwnershipOfDescriptor(inputOutput: descriptor)
            .whenComplete { result in
                if case .failure = result { Glibc.close(descriptor) }  // It was not taken after all.
                self.finishOpening(result, handler)
            }
    }

    private func prepare(
        _ channel: any Channel, terminal: SerialTerminal?, _ handler: @escaping @Sendable (LinkEvent) -> Void
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
                SerialMessageHandler(
                    options, terminal: terminal, activated: { self.opened($0, handler) }, handler: handler))
        }
    }

    private func finishOpening(_ result: Result<any Channel, any Error>, _ handler: @Sendable (LinkEvent) -> Void) {
        guard case .failure(let error) = result else { return }  // Told when the channel became active.
        fail(LinkGoneReason(serial: Self.code(of: error)), handler)
    }

    private func opened(_ channel: any Channel, _ handler: @Sendable (LinkEvent) -> Void) {
        let isClosed = state.withLock { state in
            guard case .opening = state else { return true }
            state = .open(channel)
            return false
        }
        handler(.opened)
        if isClosed {
            channel.close(promise: nil)
        }
    }

    private func fail(_ reason: LinkGoneReason, _ handler: @Sendable (LinkEvent) -> Void) {
        let wasClosed = state.withLock { state in
            defer { state = .over }
            guard case .opening = state else { return true }
            return false
        }
        handler(.gone(wasClosed ? .closed : reason))
    }

    private static func code(of error: any Error) -> Int32 {
        switch error {
        case let error as IOError: error.errnoCode
        case ChannelError.connectTimeout: ETIMEDOUT
        default: EIO
        }
    }
}
