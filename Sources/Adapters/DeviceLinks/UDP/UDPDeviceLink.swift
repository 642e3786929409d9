package import CORProtocol
package import HubCore
package import NIOCore
import NIOPosix
import Synchronization

/// SMP over UDP: one datagram is one message.
///
/// The socket is connected, so datagrams of others never arrive and the kernel reports an unreachable port: that is
/// `gone(.refused)`. Neither encrypted nor authenticated, hence loopback only unless allowed.
package final class UDPDeviceLink: DeviceLink {
    /// Bytes of the largest datagram over IPv4: 65,535 less the IP and UDP headers.
    package static let messageLengthMax = 65_507
    /// Bytes asked of the kernel for each direction; it grants what its own limit allows.
    private static let socketBufferSize: ChannelOptions.Types.SocketOption.Value = 4 << 20

    package let kind = LinkKind.udp
    package let address: String
    package var messageLengthMax: Int { Self.messageLengthMax }

    private enum State {
        case idle
        case opening
        case open(any Channel)
        /// Closed by this side, or ended.
        case over
    }

    private let remote: SocketAddress
    private let eventLoop: any EventLoop
    private let state = Mutex(State.idle)

    package init(host: String, port: Int, on eventLoop: any EventLoop, allowsRemote: Bool = false)
        throws(LinkAddressError)
    {
        remote = try SocketAddress(device: host, port: port, allowsRemote: allowsRemote)
        self.eventLoop = eventLoop
        address = LinkAddress.udp(host: host, port: port).description
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
        guard message.count <= Self.messageLengthMax, case .open(let channel) = state.withLock({ $0 }) else { return }
        channel.writeAndFlush(ByteBuffer(bytes: message), promise: nil)
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
        DatagramBootstrap(group: eventLoop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            .channelOption(.socketOption(.so_rcvbuf), value: Self.socketBufferSize)
            .channelOption(.socketOption(.so_sndbuf), value: Self.socketBufferSize)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(UDPMessageHandler(handler))
                }
            }
            .connect(to: remote)
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    self.opened(channel, handler)
                case .failure:
                    self.state.withLock { $0 = .over }
                    handler(.gone(.unreachable))
                }
            }
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
}
