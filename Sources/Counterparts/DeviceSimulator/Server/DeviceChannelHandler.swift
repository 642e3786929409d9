import NIOCore
import SMPProtocol

/// Drives the model on a channel's event loop: datagrams, commands and timers in, effects out in order.
///
/// The model lives on the loop's thread only, so nothing can race it. Files are written on that thread, too: what an
/// answer promises must be durable before the answer goes.
final class DeviceChannelHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    /// What the server's owner may send through the pipeline.
    enum Event: Sendable {
        case command(DeviceCommand)
        case switchOff
    }

    private var model: DeviceModel
    private let folder: StateFolder?
    private let report: @Sendable (DeviceReport) -> Void
    private let startedAt = NIODeadline.now()
    /// Where events go: the last that spoke of group 64.
    private var hub: SocketAddress?
    private var scheduledTick: NIODeadline?
    private var isOff = false

    init(model: DeviceModel, folder: StateFolder?, report: @escaping @Sendable (DeviceReport) -> Void) {
        self.model = model
        self.folder = folder
        self.report = report
    }

    func channelActive(context: ChannelHandlerContext) {
        perform(model.start(), answering: nil, context: context)
        scheduleTick(context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOff else { return }
        let envelope = unwrapInboundIn(data)
        if Self.isOfDeviceGroup(envelope.data) { hub = envelope.remoteAddress }
        let effects = model.handle(request: Array(buffer: envelope.data), at: now)
        perform(effects, answering: envelope.remoteAddress, context: context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        scheduleTick(context: context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? Event, !isOff else { return }
        switch event {
        case .command(let command):
            perform(model.perform(command, at: now), answering: nil, context: context)
            scheduleTick(context: context)
        case .switchOff:
            perform(model.switchOff(at: now), answering: nil, context: context)
            isOff = true
        }
        context.flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A datagram that could not be sent is a datagram lost; the device goes on.
        report(.requestIgnored(reason: "\(error)"))
    }

    private var now: Duration {
        .nanoseconds((NIODeadline.now() - startedAt).nanoseconds)
    }

    private func perform(_ effects: [DeviceEffect], answering peer: SocketAddress?, context: ChannelHandlerContext) {
        for effect in effects {
            switch effect {
            case .send(let message, let delay):
                guard let peer else { continue }
                send(message, to: peer, after: delay, context: context)
            case .notify(let message):
                guard let hub else { continue }
                send(message, to: hub, after: nil, context: context)
            case .persist, .keep, .discard:
                guard store(effect) else { return }
            case .report(let what):
                report(what)
            }
        }
    }

    /// Whether the effect is durable; where it is not, the device does nothing that depends on it.
    private func store(_ effect: DeviceEffect) -> Bool {
        guard let folder else { return true }
        do throws(StateFolderError) {
            switch effect {
            case .persist(let snapshot): try folder.save(snapshot)
            case .keep(let record): try folder.save(record)
            case .discard(let sequences): try folder.remove(sequences: sequences)
            case .send, .notify, .report: break
            }
            return true
        } catch {
            report(.storageFailed(reason: error.description))
            return false
        }
    }

    private func send(
        _ message: [UInt8], to peer: SocketAddress, after delay: Duration?, context: ChannelHandlerContext
    ) {
        let envelope = AddressedEnvelope(remoteAddress: peer, data: context.channel.allocator.buffer(bytes: message))
        guard let delay else {
            context.write(wrapOutboundOut(envelope), promise: nil)
            return
        }
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) {
            context.writeAndFlush(self.wrapOutboundOut(envelope), promise: nil)
        }
    }

    /// Keeps one timer no later than the model's deadline. A timer that is early does no harm: the model looks at the time.
    private func scheduleTick(context: ChannelHandlerContext) {
        guard !isOff, let deadline = model.deadline else { return }
        let due = startedAt + TimeAmount(deadline)
        if let scheduledTick, scheduledTick <= due { return }
        scheduledTick = due
        context.eventLoop.assumeIsolated().scheduleTask(deadline: due) {
            guard !self.isOff else { return }
            if self.scheduledTick == due { self.scheduledTick = nil }
            self.perform(self.model.tick(at: self.now), answering: nil, context: context)
            context.flush()
            self.scheduleTick(context: context)
        }
    }

    /// Whether a datagram's SMP header names group 64; the model itself knows of no peers.
    private static func isOfDeviceGroup(_ datagram: ByteBuffer) -> Bool {
        let groupOffset = 4
        return datagram.getInteger(at: datagram.readerIndex + groupOffset, as: UInt16.self) == SMPGroup.cor
    }
}
