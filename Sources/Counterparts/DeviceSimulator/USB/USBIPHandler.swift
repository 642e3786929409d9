import NIOCore

/// Carries the USB/IP connection of one time that the device is plugged in; on the channel's event loop.
final class USBIPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var decoder = USBIPDecoder()
    private let take: (USBIPCommand) -> Void
    private let ended: () -> Void

    init(take: @escaping (USBIPCommand) -> Void, ended: @escaping () -> Void) {
        self.take = take
        self.ended = ended
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(USBIPDecoder.Refusal) {
            for command in try decoder.append(unwrapInboundIn(data).readableBytesView) { take(command) }
        } catch {
            // The kernel and this device no longer understand each other.
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
    }
}
