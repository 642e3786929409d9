package import SMPProtocol

/// Matches SMP responses to SMP requests, and repeats a request that is not answered in time.
///
/// Up to `windowMax` requests are outstanding, further ones wait in order. An attempt keeps the sequence number of the
/// request, so a late answer to the first attempt answers the second. A response counts only if sequence, group,
/// command and operation are those of an outstanding request: the link may lose, double and delay.
package struct SMPExchange: Sendable {
    package enum Event: Sendable, Equatable {
        case submitted(SMPExchangeRequest)
        /// A whole message came from the device, of whatever content.
        case received(message: [UInt8])
        case timerFired(SMPTimerID)
        /// The owner no longer wants the answer.
        case cancelled(SMPRequestID)
        case linkGone(LinkGoneReason)
    }

    package enum Effect: Sendable, Equatable {
        case send(message: [UInt8])
        case startTimer(SMPTimerID, after: Duration)
        case finish(SMPRequestID, Result<SMPMessage, SMPExchangeError>)
    }

    private enum State {
        case open
        case gone(LinkGoneReason)
    }

    private struct Outstanding {
        var request: SMPExchangeRequest
        var attemptCount: Int
        var timer: SMPTimerID
    }

    private var limits: SMPExchangeLimits
    private let version: SMPVersion
    private var state = State.open
    private var outstanding: [UInt8: Outstanding] = [:]
    private var queue: [SMPExchangeRequest] = []
    private var nextSequence: UInt8
    private var nextTimer: UInt64 = 0

    /// `firstSequence` is chance, passed in, so that a restarted hub does not take answers meant for the one before.
    package init(
        limits: SMPExchangeLimits = SMPExchangeLimits(), version: SMPVersion = .v2, firstSequence: UInt8 = 0
    ) {
        self.limits = limits
        self.version = version
        nextSequence = firstSequence
    }

    /// Advances the exchange. The caller performs the effects in order.
    package mutating func handle(_ event: Event) -> [Effect] {
        switch (state, event) {
        case (.open, .submitted(let request)):
            return submit(request)

        case (.open, .received(let message)):
            return receive(message)

        case (.open, .timerFired(let timer)):
            return fire(timer)

        case (.open, .cancelled(let id)):
            return cancel(id)

        case (.open, .linkGone(let reason)):
            state = .gone(reason)
            return abandon(reason)

        case (.gone(let reason), .submitted(let request)):
            return [.finish(request.id, .failure(.linkGone(reason)))]

        case (.gone, .received), (.gone, .timerFired), (.gone, .cancelled), (.gone, .linkGone):
            return []  // The link is over, and with it everything that was under way.
        }
    }

    /// Changes how many requests may be outstanding, as after the device told its buf_count. Returns what may go now.
    package mutating func setWindow(_ windowMax: Int) -> [Effect] {
        limits.windowMax = max(1, min(windowMax, SMPExchangeLimits.windowCeiling))
        return fillWindow()
    }

    /// Whether this timer still matters; those that do not may be forgotten.
    package func isAwaiting(_ timer: SMPTimerID) -> Bool {
        outstanding.values.contains { $0.timer == timer }
    }

    private mutating func submit(_ request: SMPExchangeRequest) -> [Effect] {
        let lengthMax = limits.message.payloadLengthMax
        guard request.payload.count <= lengthMax else {
            return [
                .finish(request.id, .failure(.requestTooLong(length: request.payload.count, max: lengthMax)))
            ]
        }
        guard outstanding.count < limits.windowMax || queue.count < limits.queueCountMax else {
            return [.finish(request.id, .failure(.queueFull(max: limits.queueCountMax)))]
        }
        queue.append(request)
        return fillWindow()
    }

    private mutating func receive(_ bytes: [UInt8]) -> [Effect] {
        // Garbage is treated as a lost message: the request's own timer deals with it.
        guard let message = try? SMPMessage(decoding: bytes, limits: limits.message),
            let found = outstanding[message.header.sequence],
            message.header.group == found.request.group,
            message.header.command == found.request.command,
            message.header.operation == found.request.operation.response
        else { return [] }
        outstanding[message.header.sequence] = nil
        return [.finish(found.request.id, .success(message))] + fillWindow()
    }

    private mutating func fire(_ timer: SMPTimerID) -> [Effect] {
        guard let (sequence, found) = outstanding.first(where: { $0.value.timer == timer }) else {
            return []  // The attempt has been answered, or was followed by another.
        }
        guard found.attemptCount < found.request.attemptCountMax ?? limits.attemptCountMax else {
            outstanding[sequence] = nil
            return [.finish(found.request.id, .failure(.timedOut(attemptCount: found.attemptCount)))] + fillWindow()
        }
        return attempt(found.request, sequence: sequence, attemptCount: found.attemptCount + 1)
    }

    private mutating func cancel(_ id: SMPRequestID) -> [Effect] {
        queue.removeAll { $0.id == id }
        if let sequence = outstanding.first(where: { $0.value.request.id == id })?.key {
            outstanding[sequence] = nil
        }
        return fillWindow()
    }

    private mutating func abandon(_ reason: LinkGoneReason) -> [Effect] {
        let started = outstanding.values.sorted { $0.timer.rawValue < $1.timer.rawValue }.map(\.request)
        defer {
            outstanding = [:]
            queue = []
        }
        return (started + queue).map { .finish($0.id, .failure(.linkGone(reason))) }
    }

    private mutating func fillWindow() -> [Effect] {
        var effects: [Effect] = []
        while outstanding.count < limits.windowMax, !queue.isEmpty {
            effects += attempt(queue.removeFirst(), sequence: takeSequence(), attemptCount: 1)
        }
        return effects
    }

    private mutating func attempt(_ request: SMPExchangeRequest, sequence: UInt8, attemptCount: Int) -> [Effect] {
        let timer = SMPTimerID(rawValue: nextTimer)
        nextTimer += 1
        outstanding[sequence] = Outstanding(request: request, attemptCount: attemptCount, timer: timer)
        return [
            .send(message: request.message(sequence: sequence, version: version).encoded()),
            .startTimer(timer, after: request.responseTimeout ?? limits.responseTimeout),
        ]
    }

    /// The next number that no outstanding request has; the window is at most half of the numbers.
    private mutating func takeSequence() -> UInt8 {
        while outstanding[nextSequence] != nil {
            nextSequence &+= 1
        }
        defer { nextSequence &+= 1 }
        return nextSequence
    }
}
