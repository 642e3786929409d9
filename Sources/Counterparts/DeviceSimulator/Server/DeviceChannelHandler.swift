import NIOCore

/// The device's socket: a datagram is a request, and whoever sent it is its peer.
final class DeviceChannelHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    /// What the server's owner may send through the pipeline.
    enum Event: Sendable {
        case command(DeviceCommand)
        case switchOff
    }

    private let model: DeviceModel
    private let folder: StateFolder?
    private let report: @Sendable (DeviceReport) -> Void
    private var driver: DeviceDriver<SocketAddress>?

    init(model: DeviceModel, folder: StateFolder?, report: @escaping @Sendable (DeviceReport) -> Void) {
        self.model = model
        self.folder = folder
        self.report = report
    }

    func channelActive(context: ChannelHandlerContext) {
        let driver = DeviceDriver<SocketAddress>(
            model: model, folder: folder, on: context.eventLoop, report: report,
            send: { message, peer in
                let data = context.channel.allocator.buffer(bytes: message)
                context.write(self.wrapOutboundOut(AddressedEnvelope(remoteAddress: peer, data: data)), promise: nil)
            },
            flush: { context.flush() })
        self.driver = driver
        driver.start()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        driver?.received(Array(buffer: envelope.data), from: envelope.remoteAddress)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        driver?.finishTurn()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? Event {
        case .command(let command): driver?.perform(command)
        case .switchOff: driver?.switchOff()
        case nil: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A datagram that could not be sent is a datagram lost; the device goes on.
        report(.requestIgnored(reason: "\(error)"))
    }

    func channelInactive(context: ChannelHandlerContext) {
        driver = nil
    }
}
