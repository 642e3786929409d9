import CORProtocol
import HubCore
import HubStore
import Logging
import MCUbootImage
import ServiceLifecycle

/// Runs the update of each device: performs what the machines ask, decides nothing.
///
/// The machines and what is known of the devices are local variables of `run`.
struct FirmwareService: Service {
    enum Event: StoppableEvent {
        /// - Parameter answer: told once, what came of the offer at once; nil where it is taken.
        case offer(FirmwareOfferEvent, answer: (@Sendable (FirmwareOutcome?) -> Void)?)
        case request(
            DeviceSerial, FirmwareRequest, answer: @Sendable (Result<FirmwareRecord?, FirmwareRequestRefusal>) -> Void)
        case settings(FirmwareSettings)
        /// A session works with the device, which says this of itself.
        case seen(DeviceSerial, StatusResponse)
        case went(DeviceSerial)
        case update(DeviceSerial, FirmwareUpdate.Event)
        /// The file of an upload was judged once more.
        case prepared(DeviceSerial, step: UInt64, Result<VerifiedImage, FirmwareStepFailure>)
        case news(DeviceSerial, step: UInt64, DeviceOrderNews)
        case timersDue
        case stopRequested
    }

    private struct TimerID: Sendable {
        var serial: DeviceSerial
        var id: UInt64
    }

    /// Devices whose presence is known at a time.
    private static let deviceCountMax = 256

    let policy: FirmwarePolicy
    let images: FirmwareImageFolder
    /// Where images of rollouts come from; nil where no repository is configured.
    let source: (any FirmwareImageSource)?
    let board: FirmwareBoard
    let store: HubStore
    let mailbox: Mailbox<Event>
    let services: AgentServices
    let logger: Logger
    /// Told of each state report that an update has seen verified.
    let signed: @Sendable (DeviceSerial, DeviceState) -> Void
    /// Told of each update's end.
    let ended: @Sendable (DeviceSerial, FirmwareOutcome) -> Void

    func run() async throws {
        try await mailbox.untilStopped { try await work() }
    }

    private struct State: ~Copyable {
        var updates: [DeviceSerial: FirmwareUpdate] = [:]
        var present: [DeviceSerial: StatusResponse] = [:]
        /// What takes the step that a device works at back.
        var withdrawals: [DeviceSerial: (step: UInt64, withdraw: @Sendable () -> Void)] = [:]
        var settings: FirmwareSettings
        var zone: TimeZoneFile?
        var timers: RunLoopTimers<TimerID>
        /// Of the offer that is being taken.
        var outcome: FirmwareOutcome?
    }

    private func work() async throws {
        let (records, settings) = try await store.read { (reader) throws(StoreFault) in
            (try reader.firmwareRecords(), try reader.firmwareSettings() ?? FirmwareSettings())
        }
        var state = State(
            settings: settings, zone: LocalZone.current(),
            timers: RunLoopTimers { [mailbox] in mailbox.post(.timersDue) })
        if state.zone == nil { logger.warning("the time zone cannot be read from /etc/localtime") }
        board.note(settings)
        try await withThrowingDiscardingTaskGroup { group in
            for record in records {
                state.updates[record.serial] = FirmwareUpdate(serial: record.serial, record: record, policy: policy)
                board.note(record)
                try await advance(record.serial, .started, &state, &group)
            }
            try await mailbox.forEach { event in
                if case .stopRequested = event { return .end }
                try await take(event, &state, &group)
                return .goOn
            }
            // What is under way on a device is looked at again at the next start.
            group.cancelAll()
        }
    }

    private func take(
        _ event: Event, _ state: inout State, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        switch event {
        case .offer(.offered(let serial, let offer, let metadataVersion), let answer):
            state.outcome = nil
            try await advance(serial, .offered(offer, metadataVersion: metadataVersion), &state, &group)
            let outcome = state.outcome.flatMap { $0.offer == offer ? $0 : nil }
            answer?(outcome)
        case .offer(.withdrawn(let serial, let id), let answer):
            if state.updates[serial] != nil { try await advance(serial, .withdrawn(rolloutID: id), &state, &group) }
            answer?(nil)
        case .request(let serial, let request, let answer):
            try await take(request, of: serial, answer, &state, &group)
        case .settings(let settings):
            state.settings = settings
            board.note(settings)
            for serial in state.updates.keys {
                guard let status = state.present[serial] else { continue }
                try await advance(serial, .deviceSeen(status), &state, &group)
            }
        case .seen(let serial, let status):
            guard state.present.count < Self.deviceCountMax || state.present[serial] != nil else { return }
            state.present[serial] = status
            guard state.updates[serial] != nil else { return }
            try await advance(serial, .deviceSeen(status), &state, &group)
        case .went(let serial):
            state.present[serial] = nil
            guard state.updates[serial] != nil else { return }
            try await advance(serial, .deviceWent, &state, &group)
        case .update(let serial, let event):
            try await advance(serial, event, &state, &group)
        case .prepared(let serial, let step, .success(let image)):
            guard state.withdrawals[serial]?.step == step else { return }
            submit(.upload(image), step: step, to: serial, &state)
        case .prepared(let serial, let step, .failure(let failure)):
            try await advance(serial, .stepEnded(step: step, .failure(failure)), &state, &group)
        case .news(let serial, let step, let news):
            try await take(news, of: serial, step: step, &state, &group)
        case .timersDue:
            for timer in state.timers.popDue() {
                try await advance(timer.serial, .timerFired(id: timer.id), &state, &group)
            }
        case .stopRequested:
            return
        }
    }

    private func take(
        _ request: FirmwareRequest, of serial: DeviceSerial,
        _ answer: @Sendable (Result<FirmwareRecord?, FirmwareRequestRefusal>) -> Void, _ state: inout State,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        guard var update = state.updates[serial] else { return answer(.failure(.nothingRuns)) }
        let now = services.clock.now()
        let effects: [FirmwareUpdate.Effect]
        do throws(FirmwareRequestRefusal) {
            effects = try update.request(request, at: now, under: conditions(for: serial, now, state))
        } catch {
            return answer(.failure(error))
        }
        state.updates[serial] = update
        try await perform(effects, of: serial, &state, &group)
        answer(.success(state.updates[serial]?.record))
    }

    private func take(
        _ news: DeviceOrderNews, of serial: DeviceSerial, step: UInt64, _ state: inout State,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        let event: FirmwareUpdate.Event
        switch news {
        case .awaitsButton: return
        case .uploaded(let offset, let length):
            board.note(serial, offset: offset, length: length)
            event = .progressed(step: step, offset: offset)
        case .done(.firmware(let result)):
            if case .uploaded(let resumed, let sentTwice) = result {
                logger.info(
                    "image uploaded",
                    metadata: ["device": "\(serial)", "resumed_at": "\(resumed)", "sent_twice": "\(sentTwice)"])
            }
            if case .inspected(let found) = result, case .verified(let state, _) = found.report {
                signed(serial, state)
            }
            event = .stepEnded(step: step, .success(result))
        case .done: event = .stepEnded(step: step, .failure(.malformed))
        case .failed(let failure): event = .stepEnded(step: step, .failure(FirmwareStepFailure(failure)))
        }
        try await advance(serial, event, &state, &group)
    }

    private func conditions(
        for serial: DeviceSerial, _ now: TimeBlock, _ state: borrowing State
    ) -> FirmwareConditions {
        state.settings.conditions(for: serial, at: now, in: state.zone)
    }

    private func advance(
        _ serial: DeviceSerial, _ event: FirmwareUpdate.Event, _ state: inout State,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        var update = state.updates[serial] ?? FirmwareUpdate(serial: serial, policy: policy)
        let now = services.clock.now()
        let conditions = conditions(for: serial, now, state)
        var effects: [FirmwareUpdate.Effect] = []
        if state.updates[serial] == nil, let status = state.present[serial] {
            effects = update.handle(.deviceSeen(status), at: now, under: conditions)
        }
        effects += update.handle(event, at: now, under: conditions)
        state.updates[serial] = update
        try await perform(effects, of: serial, &state, &group)
    }

    private func perform(
        _ effects: [FirmwareUpdate.Effect], of serial: DeviceSerial, _ state: inout State,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        for effect in effects {
            switch effect {
            case .keep(let record, let draft, let events):
                guard try await services.records.keep(record, draft, events) else {
                    // Nothing that comes after it is done.
                    return try await advance(serial, .notKept, &state, &group)
                }
                board.note(record)
                services.events.publish(.firmwareChanged(serial: serial, record.phase, reason: record.reason))
                logger.info("firmware", metadata: ["device": "\(serial)", "step": "\(events.first?.detail ?? "")"])
            case .judge(let offer):
                group.addTask { [images, mailbox] in
                    mailbox.post(.update(serial, .judged(images.judgement(of: offer))))
                }
            case .fetch(let target):
                group.addTask { [source, images, mailbox] in
                    let result = await source?.fetch(target, to: images.file(of: target.sha256))
                    let fault: FirmwareFetchFault? =
                        switch result {
                        case .success?: nil
                        case .failure(let fault)?: fault
                        case nil: .transient(reason: "no-repository")
                        }
                    mailbox.post(.update(serial, .fetched(fault)))
                }
            case .perform(let step, let action):
                begin(action, step: step, of: serial, &state, &group)
            case .abandon(let step):
                guard let found = state.withdrawals[serial], found.step == step else { continue }
                state.withdrawals[serial] = nil
                found.withdraw()
            case .startTimer(let id, let delay):
                state.timers.start(TimerID(serial: serial, id: id), after: delay)
            case .tell(let reasons):
                board.note(serial, waitsFor: reasons)
            case .report(let outcome):
                state.outcome = outcome
                ended(serial, outcome)
            }
        }
    }

    private func begin(
        _ action: FirmwareAction, step: UInt64, of serial: DeviceSerial, _ state: inout State,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        switch action {
        case .inspect: submit(.inspect, step: step, to: serial, &state)
        case .mark(let hash): submit(.mark(imageHash: hash), step: step, to: serial, &state)
        case .restart: submit(.restart, step: step, to: serial, &state)
        case .prove: submit(.prove, step: step, to: serial, &state)
        case .confirm: submit(.confirm, step: step, to: serial, &state)
        case .upload:
            guard let offer = state.updates[serial]?.record?.offer else { return }
            state.withdrawals[serial] = (step, {})
            group.addTask { [images, mailbox] in
                let result: Result<VerifiedImage, FirmwareStepFailure>
                do throws(FirmwareStepFailure) {
                    result = .success(try images.image(of: offer))
                } catch {
                    result = .failure(error)
                }
                mailbox.post(.prepared(serial, step: step, result))
            }
        }
    }

    private func submit(
        _ step: FirmwareStep, step id: UInt64, to serial: DeviceSerial, _ state: inout State
    ) {
        let withdraw = services.desk.submit(.firmware(step), to: serial) { [mailbox] news in
            mailbox.post(.news(serial, step: id, news))
        }
        state.withdrawals[serial] = (id, withdraw)
    }
}

extension FirmwareStepFailure {
    /// What became of the order that carried the step.
    fileprivate init(_ failure: DeviceOrderFailure) {
        switch failure {
        case .firmware(let failure): self = failure
        case .busy: self = .busy
        case .notConnected, .linkLost, .silent, .withdrawn: self = .unanswered
        case .notConfirmed, .ownedByAnother, .notOwner, .refusedByDevice, .deviceRefused, .notKept, .tooMany:
            self = .refused(code: failure.code, isPermanent: false)
        }
    }
}
