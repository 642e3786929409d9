import NIOCore
import NIOHTTP1
import NIOTLS

/// A request on its way into the pipeline, with the promise of its answer.
struct HTTPExchange: Sendable {
    let head: HTTPRequestHead
    let body: ByteBuffer
    /// Bytes of the answer's body.
    let bodyLengthMax: Int
    let answer: EventLoopPromise<HTTPAnswer>
}

/// What came of one exchange, and whether another may follow on the same connection.
struct HTTPAnswer: Sendable {
    let result: Result<HTTPResponse, HTTPFailure>
    let isReusable: Bool
}

/// Performs what `HTTPConnectionMachine` decides. Lives on its channel's event loop.
final class HTTPConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPExchange
    typealias OutboundOut = HTTPClientRequestPart

    private let limits: HTTPLimits
    private let opened: EventLoopPromise<HTTPFailure?>
    private var machine: HTTPConnectionMachine
    private var exchange: HTTPExchange?
    /// Those that may still be due. One that is outlived would stay with the loop until its time, for each request.
    private var timers: [Scheduled<Void>] = []

    /// `opened` is completed in any case, with the failure or nil.
    init(usesTLS: Bool, limits: HTTPLimits, opened: EventLoopPromise<HTTPFailure?>) {
        self.limits = limits
        self.opened = opened
        machine = HTTPConnectionMachine(usesTLS: usesTLS, limits: limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive {
            handle(.activated, context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        handle(.closed, context)
    }

    func channelActive(context: ChannelHandlerContext) {
        handle(.activated, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        handle(.closed, context)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            handle(.handshakeCompleted, context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        handle(.failed(HTTPFailure(error, limits: limits)), context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            handle(
                .headReceived(
                    status: Int(head.status.code),
                    fields: head.headers.map { HTTPField($0.name, $0.value) },
                    contentLength: head.headers["content-length"].first.flatMap { Int($0) },
                    isKeepAlive: head.isKeepAlive),
                context)
        case .body(let buffer):
            handle(.bodyReceived(Array(buffer.readableBytesView)), context)
        case .end:
            handle(.endReceived, context)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let submitted = unwrapOutboundIn(data)
        guard exchange == nil else {
            // The owner sends one request at a time.
            submitted.answer.succeed(HTTPAnswer(result: .failure(.connectionLost), isReusable: false))
            return
        }
        exchange = submitted
        handle(.submitted(bodyLengthMax: submitted.bodyLengthMax), context)
        promise?.succeed()
    }

    private func handle(_ event: HTTPConnectionMachine.Event, _ context: ChannelHandlerContext) {
        for effect in machine.handle(event) {
            perform(effect, context)
        }
    }

    private func perform(_ effect: HTTPConnectionMachine.Effect, _ context: ChannelHandlerContext) {
        switch effect {
        case .startTimer(let timer, let delay):
            let scheduled = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) {
                self.handle(.timerFired(timer), context)
            }
            timers.append(scheduled)
        case .stopTimers:
            timers.forEach { $0.cancel() }
            timers = []
        case .reportOpened(let failure):
            opened.succeed(failure)
        case .sendRequest:
            guard let exchange else { return }
            context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
            if exchange.body.readableBytes > 0 {
                context.write(wrapOutboundOut(.body(.byteBuffer(exchange.body))), promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        case .reportAnswer(let result, let isReusable):
            let finished = exchange
            exchange = nil
            finished?.answer.succeed(HTTPAnswer(result: result, isReusable: isReusable))
        case .close:
            context.close(promise: nil)
        }
    }
}
