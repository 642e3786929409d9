import Glibc
package import HubCore
package import NIOCore
import SMPProtocol

/// Messages out become lines or bare bytes, bytes in become messages, the end of the line becomes "gone".
///
/// Lives on the channel's event loop.
package final class SerialMessageHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = [UInt8]
    package typealias OutboundOut = ByteBuffer

    /// Bytes that wait to be written; a message on top is dropped, as a lossy link may drop any.
    package static let pendingLengthMax = 4 << 20
    /// Within a bare message, bytes follow each other faster than this, and a request is repeated later than this.
    package static let silence = TimeAmount.seconds(1)

    private let options: SerialOptions
    private let limits: ConsoleLimits
    private var terminal: SerialTerminal?
    private let activated: @Sendable (any Channel) -> Void
    private let handler: @Sendable (LinkEvent) -> Void
    private var deframer: SerialDeframer
    /// An end that nobody asked for means that the device, or its host, went away.
    private var reason = LinkGoneReason.refused
    private var pendingLength = 0
    private var waitingLines: CircularBuffer<[UInt8]> = []
    private var isPausing = false
    private var readCount: UInt64 = 0

    /// - Parameters:
    ///   - terminal: kept until the channel is closed.
    ///   - activated: told before any event.
    ///   - handler: told what was received, and the end.
    package init(
        _ options: SerialOptions, terminal: SerialTerminal? = nil, activated: @escaping @Sendable (any Channel) -> Void,
        handler: @escaping @Sendable (LinkEvent) -> Void
    ) {
        self.options = options
        limits = ConsoleLimits(lineLengthMax: options.lineLengthMax)
        self.terminal = terminal
        self.activated = activated
        self.handler = handler
        deframer = SerialDeframer(options.framing)
    }

    // MARK: - In

    package func channelActive(context: ChannelHandlerContext) {
        activated(context.channel)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        readCount += 1
        for message in deframer.append(unwrapInboundIn(data).readableBytesView) {
            handler(.received(message: message))
        }
        guard deframer.isSilenceAnEnd else { return }
        let count = readCount
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.silence) {
            if self.readCount == count { self.deframer.fellSilent() }
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = LinkGoneReason(error)
        context.close(promise: nil)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        waitingLines = []
        terminal = nil
        handler(.gone(reason))
    }

    // MARK: - Out

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // A link says nothing of what became of a message.
        defer { promise?.succeed() }
        let message = unwrapOutboundIn(data)
        guard pendingLength < Self.pendingLengthMax else { return }
        switch options.framing {
        case .raw:
            write(message, context)
        case .console where options.gapMilliseconds == 0:
            write(ConsoleFraming.lines(of: message, limits: limits).flatMap { $0 }, context)
        case .console:
            let lines = ConsoleFraming.lines(of: message, limits: limits)
            pendingLength += lines.reduce(0) { $0 + $1.count }
            waitingLines += lines
            writeNextLine(context)
        }
    }

    /// This side closes.
    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        reason = .closed
        context.close(mode: mode, promise: promise)
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        pendingLength += bytes.count
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.pendingLength -= bytes.count
        }
        context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: written)
    }

    private func writeNextLine(_ context: ChannelHandlerContext) {
        guard !isPausing, let line = waitingLines.popFirst() else { return }
        isPausing = true
        pendingLength -= line.count
        write(line, context)
        context.flush()
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(options.gapMilliseconds))) {
            self.isPausing = false
            self.writeNextLine(context)
        }
    }
}

extension LinkGoneReason {
    /// What the system said, in the port's words: the one table of this adapter.
    init(serial code: Int32) {
        switch code {
        // The device was unplugged, or its driver lets go of it; a pty's other side closed.
        case EIO, ENODEV, ENXIO, ENOENT, EPIPE, ECONNRESET, ECONNREFUSED: self = .refused
        case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL: self = .unreachable
        default: self = .failed(code: code)
        }
    }

    fileprivate init(_ error: any Error) {
        self.init(serial: (error as? IOError)?.errnoCode ?? EIO)
    }
}
