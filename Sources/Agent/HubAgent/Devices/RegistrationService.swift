import CORProtocol
import HubCore
import HubStore
import Logging
import ServiceLifecycle

/// Tells the upstream whose devices are, and fetches its list of recalled devices; performs what the machines ask.
struct RegistrationService: Service {
    enum Event: StoppableEvent {
        case registrar(Registrar.Event)
        case recalls(Result<[UInt8]?, UpstreamFault>)
        case timersDue
        case stopRequested
    }

    private enum TimerID: Sendable {
        case registrar(UInt64)
        case recalls
    }

    let registrar: Registrar
    let shelf: RecallShelf
    let registry: any DeviceRegistryPort
    let store: HubStore
    let mailbox: Mailbox<Event>
    /// Has the sessions with these devices begin anew.
    let recheck: @Sendable (Set<DeviceSerial>) -> Void
    let services: AgentServices
    let logger: Logger

    func run() async throws {
        try await mailbox.untilStopped { try await work() }
    }

    private func work() async throws {
        var registrar = registrar
        var shelf = shelf
        var timers = RunLoopTimers<TimerID> { [mailbox] in mailbox.post(.timersDue) }
        let known = try await store.read { (reader) throws(StoreFault) in try reader.registrations() }
        mailbox.post(.registrar(.started(known)))
        try await withThrowingDiscardingTaskGroup { group in
            askForRecalls(shelf, &group)
            try await mailbox.forEach { event in
                var due: [Registrar.Event] = []
                switch event {
                case .registrar(let event): due = [event]
                case .recalls(let answer):
                    timers.start(.recalls, after: try await take(answer, &shelf))
                case .timersDue:
                    for timer in timers.popDue() {
                        switch timer {
                        case .registrar(let id): due.append(.timerFired(id: id))
                        case .recalls: askForRecalls(shelf, &group)
                        }
                    }
                case .stopRequested: return .end
                }
                for event in due {
                    for effect in registrar.handle(event, at: services.clock.now(), chance: .random(in: 0..<1)) {
                        try await perform(effect, &timers, &group)
                    }
                }
                return .goOn
            }
            // A request under way is given up: the same one goes again at the next start.
            group.cancelAll()
        }
    }

    private func perform(
        _ effect: Registrar.Effect, _ timers: inout RunLoopTimers<TimerID>,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        switch effect {
        case .register(let serial, let evidence):
            group.addTask { [registry, mailbox] in
                let answer = await registry.register(serial, evidence: evidence)
                mailbox.post(.registrar(.answered(serial, answer)))
            }
        case .release(let serial):
            group.addTask { [registry, mailbox] in
                let answer = await registry.release(serial)
                mailbox.post(.registrar(.answered(serial, answer)))
            }
        case .keep(let registration, let earlier, let draft):
            let isKept = try await services.records.keep(registration, insteadOf: earlier, draft)
            if isKept {
                services.events.publish(.registrationChanged(serial: registration.serial, registration.state, nil))
            }
        case .tell(let serial, let reason):
            services.board.note(registrationOf: serial, waitsFor: reason)
            guard let reason else { return }
            logger.notice("registration waits", metadata: ["device": "\(serial)", "reason": "\(reason)"])
            services.events.publish(.registrationChanged(serial: serial, nil, reason))
        case .startTimer(let id, let delay):
            timers.start(.registrar(id), after: delay)
        }
    }

    // MARK: - Recalls

    private func askForRecalls(_ shelf: RecallShelf, _ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        group.addTask { [registry, mailbox, number = shelf.number] in
            mailbox.post(.recalls(await registry.recalls(newerThan: number)))
        }
    }

    /// - Returns: how long until it is asked again.
    private func take(
        _ answer: Result<[UInt8]?, UpstreamFault>, _ shelf: inout RecallShelf
    ) async throws -> Duration {
        let spread = Double.random(in: 1..<1.25)
        guard case .success(let bytes) = answer else { return RecallShelf.retryInterval * spread }
        guard let bytes else { return RecallShelf.askInterval * spread }
        var taken: SignedRecallList?
        let before = Set(shelf.held?.list.recalls.map(\.serial) ?? [])
        let now = services.clock.now()
        do throws(RecallShelf.Refusal) {
            let list = try shelf.take(bytes)
            taken = list
        } catch {
            logger.warning("recall list refused", metadata: ["reason": "\(error)"])
            try await services.records.append(
                AuditDraft(
                    .registration, actor: .registrar, subject: "recalls", outcome: .refused, time: now,
                    detail: "\(error)"))
        }
        if let list = taken?.list, let taken {
            try await services.records.keep(
                taken,
                AuditDraft(
                    .registration, actor: .registrar, subject: "recalls", outcome: .accepted, time: now,
                    detail: "list \(list.number) with \(list.recalls.count) devices"))
            recheck(before.symmetricDifference(list.recalls.map(\.serial)))
        }
        return RecallShelf.askInterval * spread
    }
}
