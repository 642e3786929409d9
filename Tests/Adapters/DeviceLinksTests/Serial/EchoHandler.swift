import NIOCore

/// The far end of a line: every byte back, or what a test answers.
final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable (ByteBuffer) -> ByteBuffer

    init(_ answer: @escaping @Sendable (ByteBuffer) -> ByteBuffer = { $0 }) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(answer(unwrapInboundIn(data))), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
