import CORProtocol
import DeviceLinks
import HubCore
import SMPProtocol

/// Runs one device session over one link: performs what the machines ask, decides nothing.
///
/// The machines are local variables of `run`, so nothing can race them.
struct DeviceConversation {
    enum Event: StoppableEvent {
        case link(LinkEvent)
        case session(SessionEvent)
        case timersDue
        case stopRequested
        /// No other session works with the device: go on.
        case admitted
        /// A better link to the device is used: end.
        case superseded
        /// What the hub knows of the device has changed: end, and begin anew.
        case recheck
        case order(DeviceOrderID, DeviceOrder)
        case withdrawal(DeviceOrderID)
    }

    private enum TimerID: Sendable {
        case exchange(SMPTimerID)
        case session(UInt64)
    }

    let link: any DeviceLink
    let configuration: DeviceSession.Configuration
    let services: AgentServices
    let interrupted: InterruptedReads
    let mailbox: Mailbox<Event>
    /// Told once when the device has shown who it is; `admitted` or `superseded` follows.
    let attested: @Sendable (ReachedDevice) -> Void

    struct End: Sendable {
        var reason: SessionEnd
        var outcome: SessionOutcome
    }

    /// Returns when the session is over; a failure when the store failed for good.
    func run() async -> Result<End, AgentFault> {
        link.start { event in
            switch event {
            case .received: mailbox.postDroppable(.link(event))
            case .opened, .gone: mailbox.post(.link(event))
            }
        }
        // The handler rethrows untyped; a result carries the type through it.
        let result = await mailbox.untilStopped { await outcome(of: mailbox) }
        link.close()
        return result
    }

    private func outcome(of mailbox: Mailbox<Event>) async -> Result<End, AgentFault> {
        do throws(AgentFault) {
            return .success(try await converse(mailbox))
        } catch {
            return .failure(error)
        }
    }

    private func converse(_ mailbox: Mailbox<Event>) async throws(AgentFault) -> End {
        var state = Conversation(
            session: DeviceSession(configuration: configuration),
            exchange: SMPExchange(firstSequence: .random(in: 0...255)),
            timers: RunLoopTimers { mailbox.post(.timersDue) },
            tracker: LiveRunTracker(analyzer: services.analysis.analyzer))

        try await mailbox.forEach { (event) async throws(AgentFault) -> LoopStep in
            switch event {
            case .link(let event):
                try await take(event, &state, mailbox)
            case .session(let event):
                try await advance(event, &state, mailbox)
            case .timersDue:
                for timer in state.timers.popDue() {
                    switch timer {
                    case .exchange(let id):
                        try await perform(state.exchange.handle(.timerFired(id)), &state, mailbox)
                    case .session(let id):
                        try await advance(.timerFired(id: id), &state, mailbox)
                    }
                }
            case .stopRequested:
                try await advance(.linkGone, &state, mailbox)
            case .admitted:
                try await recall(&state, mailbox)
            case .superseded:
                try await advance(.linkGone, &state, mailbox)
                state.end = .superseded
            case .recheck:
                try await advance(.linkGone, &state, mailbox)
            case .order(let id, let order):
                try await advance(.ordered(id, order), &state, mailbox)
            case .withdrawal(let id):
                try await advance(.orderWithdrawn(id), &state, mailbox)
            }
            return state.end == nil ? .goOn : .end
        }
        mailbox.finish()
        interrupted.keep(state.session.interrupted)
        return End(reason: state.end ?? .linkGone, outcome: state.outcome)
    }

    private struct Conversation: ~Copyable {
        var session: DeviceSession
        var exchange: SMPExchange
        var timers: RunLoopTimers<TimerID>
        var tracker: LiveRunTracker
        var requestCount: UInt64 = 0
        /// A step of a firmware update that the link is lent to, and the order that it came with.
        var step: (order: DeviceOrderID, run: FirmwareStepRun)?
        var outcome = SessionOutcome()
        var end: SessionEnd?
    }

    private func take(
        _ event: LinkEvent, _ state: inout Conversation, _ mailbox: Mailbox<Event>
    ) async throws(AgentFault) {
        switch event {
        case .opened:
            try await advance(.linkOpened(nonce: Self.nonce()), &state, mailbox)
        case .received(let message):
            if let event = SessionEvent(notificationIn: message) {
                try await advance(event, &state, mailbox)
            } else {
                try await perform(state.exchange.handle(.received(message: message)), &state, mailbox)
            }
        case .gone(let reason):
            try await perform(state.exchange.handle(.linkGone(reason)), &state, mailbox)
            try await advance(.linkGone, &state, mailbox)
        }
    }

    private static func nonce() -> [UInt8] {
        (0..<CORLimits.nonceLength).map { _ in UInt8.random(in: 0...255) }
    }

    private func advance(
        _ event: SessionEvent, _ state: inout Conversation, _ mailbox: Mailbox<Event>
    ) async throws(AgentFault) {
        for effect in state.session.handle(event, at: services.clock.now()) {
            try await perform(effect, &state, mailbox)
        }
    }

    private func perform(
        _ effects: [SMPExchange.Effect], _ state: inout Conversation, _ mailbox: Mailbox<Event>
    ) async throws(AgentFault) {
        for effect in effects {
            switch effect {
            case .send(let message):
                link.send(message)
            case .startTimer(let id, let delay):
                state.timers.start(.exchange(id), after: delay)
            case .finish(let id, let result) where FirmwareStepRun.owns(id):
                try await advanceStep(.finished(id, result), &state, mailbox)
            case .finish(_, let result):
                mailbox.post(.session(SessionEvent(result)))
            }
        }
    }

    private func perform(
        _ effect: SessionEffect, _ state: inout Conversation, _ mailbox: Mailbox<Event>
    ) async throws(AgentFault) {
        switch effect {
        case .request(let operation, let command, let payload):
            try await submit(operation, command, payload, &state, mailbox)

        case .requestOnce(let operation, let command, let payload, let time):
            try await submit(operation, command, payload, timeout: time, attemptCountMax: 1, &state, mailbox)

        case .keepRegistration(let registration, let draft):
            let isKept = try await services.records.keep(registration, draft)
            mailbox.post(.session(isKept ? .registrationKept : .registrationNotKept))

        case .lend(let id, let step):
            let report = state.session.stateReportCheck(nonce: Self.nonce())
            state.step = (id, FirmwareStepRun(step, report: report) { [link] in link.messageLengthMax(bufferSize: $0) })
            try await advanceStep(.started, &state, mailbox)

        case .recallLink:
            try await perform(state.step?.run.abandon() ?? [], &state, mailbox)

        case .report(let id, let news):
            services.desk.tell(id, news)

        case .startTimer(let id, let delay):
            state.timers.start(.session(id), after: delay)

        case .judgeCertificate(let chain):
            let now = services.clock.now()
            let verdict = await services.certificates.verdict(
                onChain: chain, at: now.sync == .never ? nil : now.wallMilliseconds)
            mailbox.post(.session(.certificateJudged(verdict)))

        case .recall:
            // What was read of a record until now is known once the session before has ended.
            if let device = state.session.recalledDevice { attested(device) }

        case .store(let delivery):
            let isStored = try await services.records.store(delivery)
            if isStored { state.outcome.hasStored = true }
            mailbox.post(.session(isStored ? .stored : .notStored))

        case .remember(let observation):
            try await services.records.remember(observation)

        case .audit(let draft):
            try await services.records.append(draft)

        case .publish(let event):
            publish(event, &state)

        case .close(let end):
            state.end = end
        }
    }

    private func advanceStep(
        _ event: FirmwareStepRun.Event, _ state: inout Conversation, _ mailbox: Mailbox<Event>
    ) async throws(AgentFault) {
        try await perform(state.step?.run.handle(event) ?? [], &state, mailbox)
    }

    private func perform(
        _ effects: [FirmwareStepRun.Effect], _ state: inout Conversation, _ mailbox: Mailbox<Event>
    ) async throws(AgentFault) {
        for effect in effects {
            switch effect {
            case .submit(let request):
                try await perform(state.exchange.handle(.submitted(request)), &state, mailbox)
            case .cancel(let id):
                try await perform(state.exchange.handle(.cancelled(id)), &state, mailbox)
            case .setWindow(let count):
                try await perform(state.exchange.setWindow(count), &state, mailbox)
            case .progress(let offset, let length):
                guard let order = state.step?.order else { continue }
                services.desk.tell(order, .uploaded(offset: offset, length: length))
            case .end(let result):
                state.step = nil
                mailbox.post(.session(.stepEnded(result)))
            }
        }
    }

    private func submit(
        _ operation: SMPOperation, _ command: CORCommand, _ payload: [UInt8], timeout: Duration? = nil,
        attemptCountMax: Int? = nil, _ state: inout Conversation, _ mailbox: Mailbox<Event>
    ) async throws(AgentFault) {
        state.requestCount += 1
        let request = SMPExchangeRequest(
            id: SMPRequestID(rawValue: state.requestCount), operation: operation, group: CORCommand.group,
            command: command.rawValue, payload: payload, responseTimeout: timeout, attemptCountMax: attemptCountMax)
        try await perform(state.exchange.handle(.submitted(request)), &state, mailbox)
    }

    private func recall(_ state: inout Conversation, _ mailbox: Mailbox<Event>) async throws(AgentFault) {
        guard let serial = state.session.recalledDevice?.serial else { return }
        var known = try await services.records.recall(serial)
        known.interrupted = interrupted.take(of: serial)
        try await advance(.recalled(known), &state, mailbox)
    }

    private func publish(_ event: MonitorEvent, _ state: inout Conversation) {
        services.events.publish(event)
        switch event {
        case .deviceConnected(let serial, _, _, _):
            state.outcome.wasConnected = true
            services.board.note(configuration.address, link: configuration.link) {
                $0.serial = serial
                $0.state = .connected
            }
        case .deviceUnclaimed(let serial, _, _, _):
            // Nothing is wrong with it, so that it is tried again soon where its link is lost.
            state.outcome.wasConnected = true
            let seen = services.clock.now()
            services.board.note(configuration.address, link: configuration.link) {
                $0.serial = serial
                $0.state = .unclaimed
                $0.seen = seen
            }
        case .deviceStatus(let serial, let status):
            services.firmware(.seen(serial, status))
            let seen = services.clock.now()
            services.board.note(configuration.address, link: configuration.link) {
                $0.status = status
                $0.seen = seen
            }
        case .liveSample(let serial, let sample):
            guard let estimate = state.tracker.take(sample) else { return }
            services.events.publish(.liveEstimate(serial: serial, cartridge: sample.run, estimate))
        default:
            return
        }
    }
}
