import CORProtocol
import DeviceLinks
import HubCore
import Logging
import NIOCore
import ServiceLifecycle

/// Looks for devices, and runs a session over each link that `DeviceReach` wants open, for as long as the agent runs.
///
/// The machine and what is known of the running sessions are local variables of `run`.
struct ReachService: Service {
    enum Event: StoppableEvent {
        case attested(address: String, ReachedDevice)
        case discovery(LinkKind, DiscoveryEvent)
        case sessionOver(address: String, Result<DeviceConversation.End, AgentFault>, lasted: Duration)
        case order(DeviceDesk.Delivery)
        /// What the hub knows of these devices has changed.
        case recheck(Set<DeviceSerial>)
        case timersDue
        /// Answered from the loop, while its timers are kept.
        case livenessAsked(@Sendable () -> Void)
        case stopRequested
    }

    private struct TimerID: Sendable {
        var address: String
        var id: UInt64
    }

    /// Refused devices that are shown at a time.
    private static let refusedCountMax = 64

    /// The links that the configuration names.
    let addresses: [LinkAddress]
    /// The kinds of link on which devices are looked for.
    let kinds: [LinkKind]
    let linkFactory: DeviceLinkFactory
    /// The session's settings for a link of this kind at this address.
    let sessionConfiguration: @Sendable (LinkKind, String) -> DeviceSession.Configuration
    let services: AgentServices
    let interrupted: InterruptedReads
    let mailbox: Mailbox<Event>
    let logger: Logger

    func run() async throws {
        // The group's body rethrows untyped; a result carries the type through it.
        let result: Result<Void, AgentFault> = await mailbox.untilStopped {
            await withDiscardingTaskGroup { group in
                do throws(AgentFault) {
                    try await look(mailbox, &group)
                    return .success(())
                } catch {
                    group.cancelAll()
                    return .failure(error)
                }
            }
        }
        try result.get()
    }

    private struct State: ~Copyable {
        var reach = DeviceReach()
        var timers: RunLoopTimers<TimerID>
        var sessions: [String: Mailbox<DeviceConversation.Event>] = [:]
        /// Whose each session is, once it has shown that.
        var devices: [String: DeviceSerial] = [:]
        /// The address of the session that works with a device.
        var admitted: [DeviceSerial: String] = [:]
        /// Addresses that discovery refuses and the board shows.
        var refused: Set<String> = []
        var refusals = RefusalNotes()
        var isStopping = false
    }

    private func look(
        _ mailbox: Mailbox<Event>, _ group: inout DiscardingTaskGroup
    ) async throws(AgentFault) {
        var state = State(timers: RunLoopTimers { mailbox.post(.timersDue) })
        let discoveries = startDiscovery(mailbox)
        for address in addresses {
            handle(.configured(address: "\(address)", kind: address.kind), &state, mailbox, &group)
        }
        defer {
            discoveries.forEach { $0.close() }
        }
        try await mailbox.forEach { (event) throws(AgentFault) -> LoopStep in
            switch event {
            case .attested(let address, let device):
                services.board.note(known: address) { $0.serial = device.serial }
                state.devices[address] = device.serial
                handle(.attested(address: address, device), &state, mailbox, &group)
            case .discovery(let kind, let event):
                discovered(event, kind, &state, mailbox, &group)
                if case .refused(let device, let reason) = event {
                    try await audit(device, reason: reason, &state)
                }
            case .sessionOver(let address, let result, let lasted):
                state.sessions[address] = nil
                let gone = state.devices.removeValue(forKey: address).flatMap { serial in
                    state.admitted[serial] == address ? serial : nil
                }
                if let gone { state.admitted[gone] = nil }
                services.desk.sessionEnded(at: address)
                if let gone { services.firmware(.went(gone)) }
                let end = try result.get()
                note(end.reason, address: address)
                let worth = end.outcome.worth(after: lasted)
                handle(.ended(address: address, end.reason, worth: worth), &state, mailbox, &group)
            case .order(let delivery):
                deliver(delivery, &state, mailbox, &group)
            case .recheck(let serials):
                for serial in serials {
                    if let address = state.admitted[serial] { state.sessions[address]?.post(.recheck) }
                    retry(serial, &state, mailbox, &group)
                }
            case .timersDue:
                for timer in state.timers.popDue() {
                    handle(.timerFired(address: timer.address, id: timer.id), &state, mailbox, &group)
                }
            case .livenessAsked(let answer):
                if state.timers.isKept(within: LivenessWatch.timerDelayMax) { answer() }
            case .stopRequested:
                state.isStopping = true  // Each session hears of it by itself.
            }
            return state.isStopping && state.sessions.isEmpty ? .end : .goOn
        }
    }

    private func startDiscovery(_ mailbox: Mailbox<Event>) -> [any DeviceDiscovery] {
        kinds.compactMap { kind in
            guard let discovery = linkFactory.discovery(of: kind) else {
                let reason = "this build cannot look for devices on \(kind.rawValue) links"
                logger.warning("discovery unavailable", metadata: ["link": "\(kind.rawValue)", "reason": "\(reason)"])
                services.board.note(discoveryOf: kind, unavailable: reason)
                return nil
            }
            services.board.note(discoveryOf: kind, unavailable: nil)
            // Of what is told again and again a loss does no harm; the discovery tells it once more.
            discovery.start { event in
                switch event {
                case .found: mailbox.postDroppable(.discovery(kind, event))
                case .lost, .refused, .unavailable, .available: mailbox.post(.discovery(kind, event))
                }
            }
            return discovery
        }
    }

    private func discovered(
        _ event: DiscoveryEvent, _ kind: LinkKind, _ state: inout State, _ mailbox: Mailbox<Event>,
        _ group: inout DiscardingTaskGroup
    ) {
        switch event {
        case .found(let device):
            handle(.found(device), &state, mailbox, &group)
            services.board.note(known: device.address) { $0.signalStrength = device.signalStrength }
        case .lost(let address):
            handle(.lost(address: address), &state, mailbox, &group)
            if state.refused.remove(address) != nil { services.board.forget(address) }
        case .refused(let device, let reason):
            logger.warning("device refused", metadata: ["address": "\(device.address)", "reason": "\(reason)"])
            guard state.refused.count < Self.refusedCountMax else { return }
            state.refused.insert(device.address)
            services.board.note(device.address, link: kind) { $0.state = .waiting(reason: reason) }
        case .unavailable(let reason):
            logger.warning("discovery unavailable", metadata: ["link": "\(kind.rawValue)", "reason": "\(reason)"])
            services.board.note(discoveryOf: kind, unavailable: reason)
        case .available:
            services.board.note(discoveryOf: kind, unavailable: nil)
        }
    }

    /// A device that is refused before anything is opened has no session that could say so.
    private func audit(
        _ device: DiscoveredDevice, reason: String, _ state: inout State
    ) async throws(AgentFault) {
        let now = services.clock.now()
        let uptime = Duration.nanoseconds(Int64(clamping: now.boottimeNanoseconds))
        guard state.refusals.isNew(address: device.address, reason: reason, at: uptime) else { return }
        let place = device.portPath.map { " at \($0)" } ?? ""
        try await services.records.append(
            AuditDraft(
                .permissionRefused, actor: .agent, subject: device.address, outcome: .refused, time: now,
                detail: "\(device.kind.rawValue)\(place): \(reason)"))
    }

    private func handle(
        _ event: DeviceReach.Event, _ state: inout State, _ mailbox: Mailbox<Event>,
        _ group: inout DiscardingTaskGroup
    ) {
        guard !state.isStopping else { return }
        for effect in state.reach.handle(event, chance: .random(in: 0..<1)) {
            switch effect {
            case .open(let address, let kind):
                services.board.note(address, link: kind) { $0.state = .searching }
                open(address, kind, &state, mailbox, &group)
            case .admit(let address):
                if let serial = state.devices[address] { state.admitted[serial] = address }
                state.sessions[address]?.post(.admitted)
            case .supersede(let address):
                state.sessions[address]?.post(.superseded)
            case .startTimer(let address, let id, let delay):
                state.timers.start(TimerID(address: address, id: id), after: delay)
            case .hide(let address, let kind, let behind):
                // A session over it may never have shown whose it is.
                let serial = services.board.connections.first { $0.address == behind }?.serial
                services.board.note(address, link: kind) { connection in
                    connection.state = .hidden(behind: behind)
                    connection.serial = connection.serial ?? serial
                }
            case .forget(let address):
                services.board.forget(address)
            }
        }
    }

    private func open(
        _ address: String, _ kind: LinkKind, _ state: inout State, _ mailbox: Mailbox<Event>,
        _ group: inout DiscardingTaskGroup
    ) {
        let eventLoop = linkFactory.nextEventLoop()
        let link: any DeviceLink
        do throws(LinkAddressError) {
            link = try linkFactory.link(to: LinkAddress(address), on: eventLoop)
        } catch {
            logger.error("no link", metadata: ["address": "\(address)", "reason": "\(error)"])
            let end = DeviceConversation.End(reason: .linkGone, outcome: SessionOutcome())
            return mailbox.post(.sessionOver(address: address, .success(end), lasted: .zero))
        }
        let inbox = Mailbox<DeviceConversation.Event>()
        state.sessions[address] = inbox
        let conversation = DeviceConversation(
            link: link, configuration: sessionConfiguration(kind, address), services: services,
            interrupted: interrupted, mailbox: inbox,
            attested: { device in mailbox.post(.attested(address: address, device)) })
        group.addTask {
            let started = ContinuousClock.now
            // On the link's own event loop a request and its answer need no change of thread.
            let result = await withTaskExecutorPreference(EventLoopTaskExecutor(eventLoop)) {
                await conversation.run()
            }
            mailbox.post(.sessionOver(address: address, result, lasted: started.duration(to: .now)))
        }
    }

    /// Links whose device was this one when a session over them ended last.
    private func retry(
        _ serial: DeviceSerial, _ state: inout State, _ mailbox: Mailbox<Event>, _ group: inout DiscardingTaskGroup
    ) {
        for connection in services.board.connections where connection.serial == serial {
            handle(.retryRequested(address: connection.address), &state, mailbox, &group)
        }
    }

    private func deliver(
        _ delivery: DeviceDesk.Delivery, _ state: inout State, _ mailbox: Mailbox<Event>,
        _ group: inout DiscardingTaskGroup
    ) {
        switch delivery {
        case .order(let id, let order, let serial):
            guard let address = state.admitted[serial], let session = state.sessions[address] else {
                services.desk.tell(id, .failed(whyNot(serial)))
                // What was in its way may be over; the person will ask again.
                return retry(serial, &state, mailbox, &group)
            }
            services.desk.note(id, isAt: address)
            session.post(.order(id, order))
        case .withdrawal(let id, let serial):
            guard let address = state.admitted[serial] else { return }
            state.sessions[address]?.post(.withdrawal(id))
        }
    }

    private func whyNot(_ serial: DeviceSerial) -> DeviceOrderFailure {
        for connection in services.board.connections where connection.serial == serial {
            if case .refused(let refusal) = connection.state { return .deviceRefused(refusal) }
        }
        return .notConnected
    }

    private func note(_ end: SessionEnd, address: String) {
        var serial: DeviceSerial?
        services.board.note(known: address) { connection in
            serial = connection.serial
            connection.status = nil
            switch end {
            case .linkGone, .restarted, .superseded: connection.state = .searching
            case .silent: connection.state = .waiting(reason: "the device does not answer")
            case .refused(let refusal): connection.state = .refused(refusal)
            case .storageRefused: connection.state = .waiting(reason: "the hub cannot keep records at present")
            }
        }
        services.events.publish(.deviceGone(serial: serial, address: address, reason: end.code))
        logger.debug("session ended", metadata: ["address": "\(address)", "end": "\(end.code)"])
    }
}
