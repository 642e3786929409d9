import HubCore

/// One HTTP/1.1 connection: opening, one exchange at a time, idling between them, closed for one reason.
struct HTTPConnectionMachine {
    enum Event {
        /// The transport is connected. With TLS, the handshake follows.
        case activated
        case handshakeCompleted
        /// - Parameter bodyLengthMax: Bytes of the answer's body.
        case submitted(bodyLengthMax: Int)
        case headReceived(status: Int, fields: [HTTPField], contentLength: Int?, isKeepAlive: Bool)
        case bodyReceived([UInt8])
        case endReceived
        case failed(HTTPFailure)
        case closed
        case timerFired(UInt64)
    }

    enum Effect: Equatable {
        case startTimer(UInt64, after: Duration)
        /// All that were started are outlived.
        case stopTimers
        case reportOpened(HTTPFailure?)
        case sendRequest
        /// `isReusable`: another request may follow on this connection.
        case reportAnswer(Result<HTTPResponse, HTTPFailure>, isReusable: Bool)
        case close
    }

    private enum State {
        case connecting
        case handshaking(timer: UInt64)
        case idle(timer: UInt64)
        case awaitingHead(Exchange)
        case receivingBody(HTTPResponse, isKeepAlive: Bool, Exchange)
        case closed(HTTPFailure)
    }

    /// What holds for one answer.
    private struct Exchange {
        let timer: UInt64
        let bodyLengthMax: Int
        /// The timer at which so many bytes have to be there; nil where no rate is set.
        var rateTimer: UInt64?
        var lengthDue = 0
    }

    private let limits: HTTPLimits
    private let usesTLS: Bool
    private var state = State.connecting
    /// What was received of a body. Beside the state, whose copies would copy it with each piece.
    private var body: [UInt8] = []
    private var timerCount: UInt64 = 0

    init(usesTLS: Bool, limits: HTTPLimits) {
        self.usesTLS = usesTLS
        self.limits = limits
    }

    /// Advances the connection. The caller performs the effects in order.
    mutating func handle(_ event: Event) -> [Effect] {
        switch (state, event) {
        case (.connecting, .activated):
            guard usesTLS else { return becomeIdle(after: [.reportOpened(nil)]) }
            let timer = nextTimer()
            state = .handshaking(timer: timer)
            return [.startTimer(timer, after: limits.handshakeTimeout)]

        case (.handshaking, .handshakeCompleted):
            return becomeIdle(after: [.reportOpened(nil)])

        case (.handshaking(let timer), .timerFired(let fired)) where fired == timer:
            return close(.timedOut(.tls), reporting: [.reportOpened(.timedOut(.tls))])

        case (.connecting, .failed(let failure)), (.handshaking, .failed(let failure)):
            return close(failure, reporting: [.reportOpened(failure)])

        case (.connecting, .closed), (.handshaking, .closed):
            return close(.connectionLost, reporting: [.reportOpened(.connectionLost)])

        case (.idle, .submitted(let bodyLengthMax)):
            var exchange = Exchange(timer: nextTimer(), bodyLengthMax: bodyLengthMax)
            var effects: [Effect] = [
                .stopTimers, .sendRequest, .startTimer(exchange.timer, after: limits.responseTimeout),
            ]
            effects += watchRate(of: &exchange, lengthSoFar: nil)
            state = .awaitingHead(exchange)
            return effects

        case (.closed(let failure), .submitted):
            return [.reportAnswer(.failure(failure), isReusable: false)]

        case (.awaitingHead(let exchange), .headReceived(let status, let fields, let contentLength, let isKeepAlive)):
            guard (contentLength ?? 0) <= exchange.bodyLengthMax else { return fail(bodyTooLarge(exchange)) }
            state = .receivingBody(HTTPResponse(status: status, fields: fields), isKeepAlive: isKeepAlive, exchange)
            return []

        case (.receivingBody(_, _, let exchange), .bodyReceived(let bytes)):
            guard body.count + bytes.count <= exchange.bodyLengthMax else { return fail(bodyTooLarge(exchange)) }
            body += bytes
            return []

        case (.receivingBody(var response, let isKeepAlive, _), .endReceived):
            response.body = body
            body = []
            if isKeepAlive {
                return becomeIdle(after: [.reportAnswer(.success(response), isReusable: true)])
            }
            return close(.connectionLost, reporting: [.reportAnswer(.success(response), isReusable: false)])

        case (.awaitingHead(let exchange), .timerFired(let fired))
        where fired == exchange.timer || fired == exchange.rateTimer,
            (.receivingBody(_, _, let exchange), .timerFired(let fired)) where fired == exchange.timer:
            return fail(.timedOut(.response))

        case (.receivingBody(let response, let isKeepAlive, var exchange), .timerFired(let fired))
        where fired == exchange.rateTimer:
            guard body.count >= exchange.lengthDue else { return fail(.timedOut(.response)) }
            let effects = watchRate(of: &exchange, lengthSoFar: body.count)
            state = .receivingBody(response, isKeepAlive: isKeepAlive, exchange)
            return effects

        case (.awaitingHead, .failed(let failure)), (.receivingBody, .failed(let failure)):
            return fail(failure)

        case (.awaitingHead, .closed), (.receivingBody, .closed):
            return fail(.connectionLost)

        case (.idle(let timer), .timerFired(let fired)) where fired == timer:
            return close(.connectionLost, reporting: [])

        case (.idle, .failed(let failure)):
            // For example the alert of a server that judges our certificate after its own handshake is done.
            return close(failure, reporting: [])

        case (.idle, .closed):
            return close(.connectionLost, reporting: [])

        case (.awaitingHead, .bodyReceived), (.awaitingHead, .endReceived), (.receivingBody, .headReceived):
            return fail(.malformed(reason: "parts out of order"))

        case (.idle, .headReceived), (.idle, .bodyReceived), (.idle, .endReceived):
            return close(.malformed(reason: "an answer without a request"), reporting: [])

        case (_, .submitted):
            // The owner sends one request at a time.
            return [.reportAnswer(.failure(.connectionLost), isReusable: false)]

        case (_, .timerFired), (_, .activated), (_, .handshakeCompleted), (.closed, _), (.connecting, _),
            (.handshaking, _):
            return []  // Outlived, or said twice.
        }
    }

    private func bodyTooLarge(_ exchange: Exchange) -> HTTPFailure {
        .tooLarge(.body, lengthMax: exchange.bodyLengthMax)
    }

    /// - Parameter lengthSoFar: Bytes of the body; nil before the head, when none are due yet.
    private mutating func watchRate(of exchange: inout Exchange, lengthSoFar: Int?) -> [Effect] {
        guard let rate = limits.rateMin else { return [] }
        let timer = nextTimer()
        exchange.rateTimer = timer
        exchange.lengthDue = lengthSoFar.map { $0 + rate.byteCount } ?? 0
        return [.startTimer(timer, after: rate.interval)]
    }

    private mutating func nextTimer() -> UInt64 {
        timerCount += 1
        return timerCount
    }

    private mutating func becomeIdle(after effects: [Effect]) -> [Effect] {
        let timer = nextTimer()
        state = .idle(timer: timer)
        return [.stopTimers, .startTimer(timer, after: limits.idleTimeout)] + effects
    }

    private mutating func fail(_ failure: HTTPFailure) -> [Effect] {
        close(failure, reporting: [.reportAnswer(.failure(failure), isReusable: false)])
    }

    private mutating func close(_ failure: HTTPFailure, reporting effects: [Effect]) -> [Effect] {
        state = .closed(failure)
        return [.stopTimers] + effects + [.close]
    }
}
