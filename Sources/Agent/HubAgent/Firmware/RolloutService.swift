import CORProtocol
import FirmwareRollout
import HubCore
import HubStore
import Logging
import ServiceLifecycle
import TUFMetadata

/// Keeps the repository's metadata up to date, and tells devices' updates what the rollouts offer; performs what the machines ask.
struct RolloutService: Service {
    enum Event: StoppableEvent {
        case schedule(MetadataSchedule.Event)
        case refreshed(Result<RolloutPlan, MetadataFault>)
        /// What an offer came to.
        case ended(DeviceSerial, FirmwareOutcome)
        case counters(SecurityCounters.Event)
        case timersDue
        case stopRequested
    }

    let schedule: MetadataSchedule
    let repository: FirmwareRepository
    let store: HubStore
    let board: RolloutBoard
    /// Devices that nobody has claimed are worked with, too.
    let usesUnclaimed: Bool
    let mailbox: Mailbox<Event>
    let services: AgentServices
    let logger: Logger
    /// Takes offers, and takes them back.
    let deliver: @Sendable (FirmwareOfferEvent) -> Void

    private struct State: ~Copyable {
        var schedule: MetadataSchedule
        var plan: RolloutPlan?
        var offers: RolloutOffers
        var counters = SecurityCounters()
        /// Told once, until a refresh succeeds.
        var toldFailure: String?
        /// Models of devices that were here at some time.
        var models: Set<String> = []
        var timers: RunLoopTimers<UInt64>
    }

    func run() async throws {
        defer { board.noteRecall() }
        try await mailbox.untilStopped { try await work() }
    }

    private func work() async throws {
        let (records, counters) = try await store.read { (reader) throws(StoreFault) in
            (try reader.firmwareRecords(), try reader.demandedCounters())
        }
        var state = State(
            schedule: schedule, offers: RolloutOffers(recalling: records),
            timers: RunLoopTimers { [mailbox] in mailbox.post(.timersDue) })
        for counter in counters { _ = state.counters.handle(.recalled(counter)) }
        // What an update had seen signed may not have come as far as being kept by itself.
        for record in records {
            if let signed = record.signedState { mailbox.post(.counters(.signed(record.serial, signed))) }
        }
        let models = try await models()
        state.models = Set(models)
        if case .success(let plan) = await repository.recall(for: models) {
            state.plan = plan
            board.note(plan)
        }
        board.noteRecall()
        try await withThrowingDiscardingTaskGroup { group in
            mailbox.post(.schedule(.started))
            try await mailbox.forEach { event in
                switch event {
                case .schedule(let event): try await advance(event, &state, &group)
                case .refreshed(let result): try await take(result, &state, &group)
                case .ended(let serial, let outcome): state.offers.ended(outcome, of: serial)
                case .counters(let event): try await advance(event, &state, &group)
                case .timersDue:
                    for id in state.timers.popDue() { try await advance(.timerFired(id: id), &state, &group) }
                case .stopRequested: return .end
                }
                return .goOn
            }
            // A refresh under way is given up: what it has stored counts, and the next one goes on from there.
            group.cancelAll()
        }
    }

    private var seconds: Int64 { services.clock.now().wallMilliseconds / 1_000 }

    private func advance(
        _ event: MetadataSchedule.Event, _ state: inout State, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        for effect in state.schedule.handle(event, at: services.clock.now(), chance: .random(in: 0..<1)) {
            switch effect {
            case .startTimer(let id, let delay):
                state.timers.start(id, after: delay)
            case .refresh:
                let models = try await models()
                group.addTask { [repository, mailbox, seconds] in
                    mailbox.post(.refreshed(await repository.refresh(for: models, at: seconds)))
                }
            case .assess:
                try await assess(&state, &group)
            }
        }
    }

    private func advance(
        _ event: SecurityCounters.Event, _ state: inout State, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        for effect in state.counters.handle(event) {
            switch effect {
            case .look(let serial):
                _ = services.desk.submit(.firmware(.inspect), to: serial) { [mailbox] news in
                    switch news {
                    case .awaitsButton, .uploaded: return
                    case .done(.firmware(.inspected(let found))):
                        mailbox.post(.counters(.looked(serial, found.report)))
                    case .done, .failed: mailbox.post(.counters(.looked(serial, nil)))
                    }
                }
            case .keep(let demanded):
                guard try await !services.records.keep(demanded) else { continue }
                _ = state.counters.handle(.notKept(demanded.serial))
            case .changed:
                try await advance(.devicesChanged, &state, &group)
            }
        }
    }

    private func take(
        _ result: Result<RolloutPlan, MetadataFault>, _ state: inout State,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        let now = services.clock.now()
        switch result {
        case .success(let plan):
            if state.plan != plan || state.toldFailure != nil {
                try await note(
                    "metadata", .accepted,
                    "snapshot \(plan.metadataVersion), valid until \(MetadataTime.text(plan.validUntil))")
            }
            state.plan = plan
            state.toldFailure = nil
            board.note(plan)
            board.note(.init(time: now, failure: nil))
            try await advance(.refreshEnded(failure: nil), &state, &group)
        case .failure(let fault):
            board.note(.init(time: now, failure: .init(code: fault.code, message: "\(fault)")))
            if state.toldFailure != fault.code {
                state.toldFailure = fault.code
                logger.warning("the firmware repository", metadata: ["fault": "\(fault.code)", "reason": "\(fault)"])
                try await note("metadata", fault.isOfTheWorld ? .failed : .refused, "\(fault.code): \(fault)")
                // A line that is down comes back; what is wrong with signed metadata is a person's matter.
                if !fault.isOfTheWorld {
                    services.events.publish(.alarm("the firmware repository is refused (\(fault.code)): \(fault)"))
                }
            }
            try await advance(.refreshEnded(failure: fault.code), &state, &group)
        }
    }

    // MARK: - Devices

    private func devices() async throws -> [DeviceRow] {
        let (rows, registrations) = try await store.read { (reader) throws(StoreFault) in
            (try reader.devices(), try reader.registrations())
        }
        let states = Dictionary(uniqueKeysWithValues: registrations.map { ($0.serial, $0.state) })
        return rows.filter { row in
            guard let state = states[row.serial], state.isOurs else { return usesUnclaimed }
            return state != .leaving
        }
    }

    /// Each once, in their order.
    private func models() async throws -> [String] {
        Array(Set(try await devices().map(\.model)).sorted().prefix(RolloutPlan.modelCountMax))
    }

    private func assess(
        _ state: inout State, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        let now = services.clock.now()
        let isTrusted = services.clockWitness.trust.verdict(at: now) == .trusted
        let devices = try await devices()
        let assessments = devices.map { row in
            RolloutAssessment(
                of: RolloutDevice(row, securityCounter: state.counters[row.serial]), by: state.plan,
                at: now.wallMilliseconds / 1_000, isClockTrusted: isTrusted)
        }
        board.note(assessments, at: now)
        var events = state.offers.forget(allBut: Set(devices.map(\.serial)))
        for assessment in assessments {
            events += state.offers.update(assessment, metadataVersion: state.plan?.metadataVersion ?? 0)
        }
        for event in events {
            try await note(event)
            deliver(event)
        }
        let change = RolloutAssessment.changesAt(
            assessments, by: state.plan, after: now.wallMilliseconds / 1_000)
        try await advance(.assessed(changesAt: change), &state, &group)
        try await readAnew(Set(devices.map(\.model)), &state, &group)
    }

    /// A model that was not here at the last reading: its rollouts are read now, not tomorrow.
    private func readAnew(
        _ models: Set<String>, _ state: inout State, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        let added = models.subtracting(state.models)
        guard !added.isEmpty else { return }
        state.models.formUnion(models)
        // The first reading comes by itself.
        if state.plan != nil { try await advance(.checkAsked, &state, &group) }
    }

    // MARK: - What is told

    private func note(_ event: FirmwareOfferEvent) async throws {
        switch event {
        case .offered(let serial, let offer, _):
            guard case .rollout(let id) = offer.origin else { return }
            try await note(serial.text, .accepted, "offered \(offer.image.version)", by: id)
        case .withdrawn(let serial, let id):
            try await note(serial.text, .done, "withdrawn", by: id)
        }
    }

    private func note(
        _ subject: String, _ outcome: AuditOutcome, _ detail: String, by rollout: String? = nil
    ) async throws {
        try await services.records.append(
            AuditDraft(
                .firmware, actor: AuditActor(component: "rollout", remoteCommand: rollout), subject: subject,
                outcome: outcome, time: services.clock.now(), detail: detail))
    }
}

extension MetadataFault {
    /// Nothing that anybody has signed is wrong: a line, a server or a disk is.
    fileprivate var isOfTheWorld: Bool {
        switch self {
        case .download(_, .status), .download(_, .unreachable), .storage: true
        case .malformed, .unsigned, .versionWrong, .roleRemoved, .roleUnlisted, .expired, .lengthWrong, .hashWrong,
            .download(_, .tooLong), .download(_, .tooSlow), .targetNotFound, .outOfOrder:
            false
        }
    }
}

extension SecurityCounters.Event {
    /// What the coming and going of a device means for its counter; nil: nothing.
    init?(_ event: FirmwareService.Event) {
        switch event {
        case .seen(let serial, _): self = .deviceSeen(serial)
        case .went(let serial): self = .deviceWent(serial)
        case .offer, .request, .settings, .update, .prepared, .news, .timersDue, .stopRequested: return nil
        }
    }
}
