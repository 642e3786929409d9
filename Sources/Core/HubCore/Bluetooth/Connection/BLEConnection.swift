package import BluetoothProtocol

/// Brings one connection to a bonded device to the point where SMP flows, and no byte flows before it is secure.
///
/// It connects at low security, raises it, and believes only what the kernel then says of level, key size and errors:
/// connecting at high security without a bond *succeeds* at level 1 and starts to pair in the background, which is what
/// an impostor hopes for (BLESA).
package struct BLEConnection: Sendable {
    package enum Event: Sendable, Equatable {
        case started
        /// The socket can be written to for the first time.
        case connected
        /// The socket can be written to again after `raiseSecurity`, or has failed.
        case securityRead(LinkSecurity)
        case received(pdu: [UInt8])
        case submitted(message: [UInt8])
        /// The socket has failed or hung up: its errno.
        case failed(code: Int32)
        case timerFired(BLEConnectionTimer)
        case closed
    }

    package enum Effect: Sendable, Equatable {
        /// A non-blocking socket, at low security.
        case connect
        /// Closes the socket of an attempt that took too long; `connect` follows.
        case giveUpAttempt
        /// To `LinkSecurity.levelNeeded`; `securityRead` follows when the kernel is done.
        case raiseSecurity
        case write(pdu: [UInt8])
        case startTimer(BLEConnectionTimer, after: Duration)
        case opened(mtu: UInt16)
        case deliver(message: [UInt8])
        /// Closes the socket; nothing follows.
        case end(BLEConnectionEnd)
    }

    private enum State {
        case idle
        case connecting(attempt: UInt64)
        case securing(attempt: UInt64)
        case attaching(ATTClient)
        case open(ATTClient)
        case over
    }

    /// The kernel waits for 40 s; an own time-out keeps that in hand.
    static let connectTimeout: Duration = .seconds(30)
    static let securityTimeout: Duration = .seconds(10)

    /// How long an absent device is awaited, at most `connectTimeout`; nil for as long as it takes: the kernel looks for
    /// it, which costs the hub nothing.
    private let awaitLimit: Duration?
    private let service: BluetoothUUID
    private let characteristic: BluetoothUUID
    private var state = State.idle
    private var attemptCount: UInt64 = 0

    package init(service: BluetoothUUID, characteristic: BluetoothUUID, awaitLimit: Duration?) {
        self.service = service
        self.characteristic = characteristic
        self.awaitLimit = awaitLimit
    }

    package mutating func handle(_ event: Event) -> [Effect] {
        switch (state, event) {
        case (.over, _):
            return []  // Late.

        case (.idle, .closed), (.connecting, .closed), (.securing, .closed), (.attaching, .closed), (.open, .closed):
            return end(.closed)

        case (.idle, .started):
            return connect()

        case (.connecting(let attempt), .connected):
            state = .securing(attempt: attempt)
            return [.raiseSecurity, .startTimer(.security(attempt), after: Self.securityTimeout)]

        case (.connecting, .failed(let code)):
            return end(.notReached(code: code))

        case (.connecting(let attempt), .timerFired(.attempt(let fired))) where fired == attempt:
            guard awaitLimit == nil else { return end(.notReached(code: 0)) }
            return [.giveUpAttempt] + connect()

        case (.securing, .securityRead(let security)):
            guard security.isEnough else { return end(.insecure(security)) }
            return advance(ATTClient(service: service, characteristic: characteristic), .began)

        case (.securing, .failed(let code)):
            return end(.insecure(LinkSecurity(level: 0, keySize: 0, errorCode: code)))

        case (.securing(let attempt), .timerFired(.security(let fired))) where fired == attempt:
            return end(.securityTimedOut)

        case (.attaching(let client), .received(let pdu)), (.open(let client), .received(let pdu)):
            return advance(client, .received(pdu: pdu))

        case (.attaching(let client), .timerFired(.client(let id))), (.open(let client), .timerFired(.client(let id))):
            return advance(client, .timerFired(id))

        case (.open(let client), .submitted(let message)):
            return advance(client, .submitted(message: message))

        case (.attaching, .failed(let code)), (.open, .failed(let code)):
            return end(.lost(code: code))

        case (.idle, _), (.connecting, _), (.securing, _), (.attaching, _), (.open, _):
            return []  // Bytes before the link is secure are read by nobody; timers of attempts that are over.
        }
    }

    private mutating func connect() -> [Effect] {
        attemptCount += 1
        state = .connecting(attempt: attemptCount)
        let timeout = min(awaitLimit ?? Self.connectTimeout, Self.connectTimeout)
        return [.connect, .startTimer(.attempt(attemptCount), after: timeout)]
    }

    private mutating func end(_ end: BLEConnectionEnd) -> [Effect] {
        state = .over
        return [.end(end)]
    }

    private mutating func advance(_ client: ATTClient, _ event: ATTClient.Event) -> [Effect] {
        var client = client
        let effects = client.handle(event)
        var isOpen = if case .open = state { true } else { false }
        var result: [Effect] = []
        for effect in effects {
            switch effect {
            case .write(let pdu): result.append(.write(pdu: pdu))
            case .startTimer(let id, let delay): result.append(.startTimer(.client(id), after: delay))
            case .ready(let mtu):
                isOpen = true
                result.append(.opened(mtu: mtu))
            case .deliver(let message): result.append(.deliver(message: message))
            case .fail(let fault): return result + end(.unfit(fault))
            }
        }
        state = isOpen ? .open(client) : .attaching(client)
        return result
    }
}

/// Names one timer of a connection; never used twice, so that a late one is known as such.
package enum BLEConnectionTimer: Sendable, Hashable {
    case attempt(UInt64)
    case security(UInt64)
    case client(UInt64)
}
