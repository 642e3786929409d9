import Glibc
import HubCore
import NIOCore

/// Turns datagrams and the end of the socket into link events, on the channel's event loop.
final class UDPMessageHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let handler: @Sendable (LinkEvent) -> Void
    private var reason = LinkGoneReason.closed

    init(_ handler: @escaping @Sendable (LinkEvent) -> Void) {
        self.handler = handler
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        handler(.received(message: Array(buffer: unwrapInboundIn(data).data)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = LinkGoneReason(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        handler(.gone(reason))
    }
}

extension LinkGoneReason {
    /// What the system said, in the port's words: the one table of this adapter.
    fileprivate init(_ error: any Error) {
        switch (error as? IOError)?.errnoCode {
        case ECONNREFUSED: self = .refused
        case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EACCES, EPERM: self = .unreachable
        case .some(let code): self = .failed(code: code)
        case nil: self = .failed(code: EIO)
        }
    }
}
