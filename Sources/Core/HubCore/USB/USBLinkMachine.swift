import CORProtocol
import SMPProtocol

/// One link to one device on USB: what to transfer, what the end of a transfer means, when to give up.
///
/// A read has room for the longest message until a device has been seen to forget zero-length packets. One write is under
/// way at a time: what a stalled or timed-out write has left undone then never mixes with the next message.
package struct USBLinkMachine: Sendable {
    package enum Event: Sendable, Equatable {
        /// The device is there.
        case appeared(USBPlace)
        /// It did not come in time.
        case expired(LinkGoneReason)
        /// Its node is open and its interface claimed.
        case opened(USBChannels)
        case openFailed(LinkGoneReason)
        case sendRequested(message: [UInt8])
        case readEnded(USBPipe, USBTransferStatus, [UInt8])
        /// `length` bytes of the write have moved.
        case writeEnded(USBTransferStatus, length: Int)
        /// `false` where a halt could not be cleared.
        case haltsCleared(Bool)
        case portReset
        case timerFired(id: UInt64)
        /// The bus no longer has the device.
        case left
        case closeRequested
    }

    package enum Effect: Sendable, Equatable {
        /// Open the node there and claim the interface; report `.opened` or `.openFailed`.
        case open(USBPlace)
        /// Begin a read of up to `length` bytes, a multiple of the endpoint's packet.
        case read(USBPipe, length: Int)
        /// Begin a write; a packet of no bytes follows where the last one was full.
        case write([UInt8])
        /// End all transfers; each still reports its end.
        case cancelTransfers
        /// End the reads of messages; each still reports its end, and the bytes it has.
        case cancelReads
        /// Report `.haltsCleared`.
        case clearHalts
        /// Report `.portReset`, whatever comes of it.
        case resetPort
        case startTimer(id: UInt64, after: Duration)
        case tell(LinkEvent)
        /// Release the interface and close the node; no transfer is under way.
        case close
    }

    /// What follows when the last transfer has reported its end.
    enum Next: Sendable {
        case clearHalts
        /// Reset the port, and end with this reason.
        case resetPort(LinkGoneReason)
        case end(LinkGoneReason)
    }

    enum State: Sendable {
        case awaiting
        /// `isClosing`: the owner no longer wants it.
        case opening(isClosing: Bool)
        case open(Traffic)
        case quiescing(Traffic, Next)
        case clearing(Traffic, ending: LinkGoneReason?)
        case resetting(ending: LinkGoneReason)
        case over
    }

    /// What the link ends with when its port had to be reset: EPIPE.
    package static let stalledCode: Int32 = 32
    private static let stalledReason = LinkGoneReason.failed(code: stalledCode)

    var state: State = .awaiting

    package init() {}

    package var isOver: Bool {
        if case .over = state { true } else { false }
    }

    /// Advances the link. The caller performs the effects in order.
    package mutating func handle(_ event: Event) -> [Effect] {
        switch (state, event) {
        case (.awaiting, .appeared(let place)):
            state = .opening(isClosing: false)
            return [.open(place)]
        case (.awaiting, .expired(let reason)):
            return end(reason)
        case (.awaiting, .closeRequested):
            return end(.closed)

        case (.opening(let isClosing), .opened(let channels)):
            guard !isClosing else { return [.close] + end(.closed) }
            return [.tell(.opened)] + go(Traffic(channels: channels))
        case (.opening(let isClosing), .openFailed(let reason)):
            return end(isClosing ? .closed : reason)
        case (.opening, .closeRequested):
            state = .opening(isClosing: true)
            return []

        case (.open(var traffic), .sendRequested(let message)):
            traffic.enqueue(message)
            return go(traffic)
        case (.open(var traffic), .readEnded(let pipe, let status, let bytes)):
            let outcome = traffic.readEnded(pipe, status, bytes)
            return go(traffic, outcome)
        case (.open(var traffic), .writeEnded(let status, let length)):
            let outcome = traffic.writeEnded(status, length: length)
            return go(traffic, outcome)
        case (.open(var traffic), .timerFired(let id)):
            let outcome = traffic.timerFired(id)
            return go(traffic, outcome)
        case (.open(let traffic), .left):
            return quiesce(traffic, .end(.refused))
        case (.open(let traffic), .closeRequested):
            // An owner that gives up a device which no cleared halt has healed leaves the reset to us.
            return quiesce(traffic, traffic.isStuck ? .resetPort(.closed) : .end(.closed))

        case (.quiescing(var traffic, let next), .sendRequested(let message)):
            traffic.enqueue(message)
            state = .quiescing(traffic, next)
            return []
        case (.quiescing(var traffic, let next), .readEnded(let pipe, let status, _)):
            traffic.readCancelled(pipe)
            return goOnQuiescing(traffic, status == .gone ? next.overtaken(by: .refused) : next)
        case (.quiescing(var traffic, let next), .writeEnded(let status, _)):
            traffic.writeCancelled()
            return goOnQuiescing(traffic, status == .gone ? next.overtaken(by: .refused) : next)
        case (.quiescing(let traffic, let next), .left):
            state = .quiescing(traffic, next.overtaken(by: .refused))
            return []
        case (.quiescing(let traffic, let next), .closeRequested):
            state = .quiescing(traffic, next.overtaken(by: .closed))
            return []

        case (.clearing(var traffic, let ending), .sendRequested(let message)):
            traffic.enqueue(message)
            state = .clearing(traffic, ending: ending)
            return []
        case (.clearing(let traffic, let ending), .haltsCleared(let isCleared)):
            if let ending { return [.close] + end(ending) }
            guard isCleared else { return reset(ending: Self.stalledReason) }
            return go(traffic)
        case (.clearing(let traffic, let ending), .left):
            state = .clearing(traffic, ending: ending ?? .refused)
            return []
        case (.clearing(let traffic, let ending), .closeRequested):
            state = .clearing(traffic, ending: ending ?? .closed)
            return []

        case (.resetting(let ending), .portReset):
            return [.close] + end(ending)
        case (.resetting, .closeRequested):
            state = .resetting(ending: .closed)
            return []

        case (.awaiting, _), (.opening, _), (.open, _), (.quiescing, _), (.clearing, _), (.resetting, _), (.over, _):
            return []  // Outlived, or of a link that is not open: a message is dropped as a lossy link may.
        }
    }

    /// Goes on with open traffic, or does what its last event asks for.
    private mutating func go(_ traffic: Traffic, _ outcome: Traffic.Outcome = .goOn([])) -> [Effect] {
        var traffic = traffic
        switch outcome {
        case .goOn(let messages):
            let transfers = traffic.nextTransfers()
            state = .open(traffic)
            return messages.map { .tell(.received(message: $0)) } + transfers
        case .cancelReads:
            state = .open(traffic)
            return [.cancelReads]
        case .recover(.clearHalts):
            return quiesce(traffic, .clearHalts)
        case .recover(.resetPort):
            return quiesce(traffic, .resetPort(Self.stalledReason))
        case .gone:
            return quiesce(traffic, .end(.refused))
        }
    }

    private mutating func quiesce(_ traffic: Traffic, _ next: Next) -> [Effect] {
        var traffic = traffic
        traffic.dropPartialMessages()
        guard traffic.isQuiet else {
            state = .quiescing(traffic, next)
            return [.cancelTransfers]
        }
        return proceed(traffic, next)
    }

    private mutating func goOnQuiescing(_ traffic: Traffic, _ next: Next) -> [Effect] {
        guard traffic.isQuiet else {
            state = .quiescing(traffic, next)
            return []
        }
        return proceed(traffic, next)
    }

    private mutating func proceed(_ traffic: Traffic, _ next: Next) -> [Effect] {
        switch next {
        case .clearHalts:
            state = .clearing(traffic, ending: nil)
            return [.clearHalts]
        case .resetPort(let reason):
            return reset(ending: reason)
        case .end(let reason):
            return [.close] + end(reason)
        }
    }

    private mutating func reset(ending reason: LinkGoneReason) -> [Effect] {
        state = .resetting(ending: reason)
        return [.resetPort]
    }

    private mutating func end(_ reason: LinkGoneReason) -> [Effect] {
        state = .over
        return [.tell(.gone(reason))]
    }
}

extension USBLinkMachine.Next {
    /// The first reason to end stands; recovery gives way to any, but a port that needs a reset is reset if it is there.
    func overtaken(by reason: LinkGoneReason) -> USBLinkMachine.Next {
        switch self {
        case .end: self
        case .resetPort where reason == .closed: .resetPort(.closed)
        case .clearHalts, .resetPort: .end(reason)
        }
    }
}
