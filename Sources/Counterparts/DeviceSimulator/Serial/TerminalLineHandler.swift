import NIOCore
import SMPProtocol

/// The device's end of a serial line: requests are found in the bytes, answers become lines.
final class TerminalLineHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var decoder: ConsoleDecoder
    private let received: ([UInt8]) -> Void
    private let finished: () -> Void

    /// - Parameters:
    ///   - received: told each request.
    ///   - finished: told after the last of those that came at once.
    init(limits: ConsoleLimits, received: @escaping ([UInt8]) -> Void, finished: @escaping () -> Void) {
        decoder = ConsoleDecoder(limits: limits)
        self.received = received
        self.finished = finished
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for case .message(let request) in decoder.append(unwrapInboundIn(data).readableBytesView) {
            received(request)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        finished()
    }
}
