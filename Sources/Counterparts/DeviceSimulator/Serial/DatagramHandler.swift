import NIOCore

/// The UDP socket of a device that has a serial line besides.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let received: ([UInt8], SocketAddress) -> Void
    private let finished: () -> Void

    /// - Parameters:
    ///   - received: told each request, and who sent it.
    ///   - finished: told after the last of those that came at once.
    init(received: @escaping ([UInt8], SocketAddress) -> Void, finished: @escaping () -> Void) {
        self.received = received
        self.finished = finished
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        received(Array(buffer: envelope.data), envelope.remoteAddress)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        finished()
    }
}
