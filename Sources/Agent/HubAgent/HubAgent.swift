import CORProtocol
import DeviceLinks
import ESRAnalysis
import HubCore
import HubStore
import KeyStore
package import Logging
import ServiceLifecycle
import UnixSignals
import UpstreamClient

/// The hub: one process that awaits devices, keeps their records, analyses them and forwards signed batches.
package struct HubAgent: Sendable {
    private let settings: ConfigurationInUse
    private let log: LogSettings
    private let logger: Logger
    /// What the service manager gives a start more, each second in which a damaged store is being salvaged.
    private static let salvageExtension = Duration.seconds(60)

    /// - Parameters:
    ///   - file: read again at SIGHUP.
    ///   - log: the level that SIGHUP may change.
    package init(configuration: HubConfiguration, file: String, log: LogSettings, logger: Logger) {
        settings = ConfigurationInUse(configuration, file: file)
        self.log = log
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT. What was acknowledged to a device is durable, however this ends.
    package func run() async throws(AgentFault) {
        ReloadService.holdSignals()
        let notifier = ServiceManagerNotifier()
        let parts = try AgentParts(settings: settings) { progress in
            notifier.notify(.extendTimeout(Self.salvageExtension), .status(progress.explanation))
        }
        let fault: AgentFault?
        do {
            try await run(parts)
            fault = nil
        } catch let error as AgentFault {
            fault = error
        } catch {
            fault = .stopped(reason: "\(error)")
        }
        await parts.store.close()
        if case .storage(.damaged(let damage))? = fault { condemn(parts.store, for: damage) }
        if let fault { throw fault }
    }

    /// What could not be read now could not be read at the next start either; so that start shall make a new store.
    private func condemn(_ store: HubStore, for damage: StoreDamage) {
        do throws(StoreFault) {
            try store.condemn(for: damage)
        } catch {
            logger.error("the damage could not be noted: \(error.explanation)")
        }
    }

    private func run(_ parts: AgentParts) async throws {
        if let recovery = parts.recovery { logger.error("\(recovery.explanation)") }
        let configuration = settings.configuration
        try await parts.begin()
        let ledger = parts.ledger
        let newestReceipt = try await ledger.newestReceiptMilliseconds()
        let trust = ClockTrust(
            newestReceiptMilliseconds: newestReceipt, stampMilliseconds: parts.clock.timeServiceStamp())
        let forwarding = Mailbox<ForwardService.Event>()
        let renewal = Mailbox<RenewalService.Event>()
        let reach = Mailbox<ReachService.Event>()
        let registration = Mailbox<RegistrationService.Event>()
        let rollouts = Mailbox<RolloutService.Event>()
        let rolloutBoard = RolloutBoard()
        // Without a repository nobody reads this mailbox.
        let hasRepository = configuration.firmwareRepository != nil
        let devicesChanged: @Sendable () -> Void = {
            if hasRepository { rollouts.postDroppable(.schedule(.devicesChanged)) }
        }
        let firmware = Mailbox<FirmwareService.Event>()
        let updates = FirmwareBoard()
        let events = EventBroadcaster()
        var shelf = try await parts.modelShelf()
        let opening = shelf.open()
        let admission = AnalysisAdmission(opening.analyzer, reason: opening.note)
        let analysis = AnalysisInUse(admission.analyzer, settings: settings)
        let services = AgentServices(
            clock: parts.clock, clockWitness: ClockWitness(trust), certificates: parts.certificates,
            records: RecordKeeper(
                store: parts.store,
                analysis: analysis,
                settings: settings, events: events,
                registrationChanged: {
                    registration.post(.registrar(.changed($0)))
                    devicesChanged()
                },
                deviceChanged: devicesChanged
            ) { forwarding.post(.forwarder(.itemsStored)) },
            analysis: analysis, desk: DeviceDesk { reach.post(.order($0)) }, board: StatusBoard(),
            sandbox: parts.sandbox, events: events,
            firmware: { event in
                firmware.post(event)
                if hasRepository, let news = SecurityCounters.Event(event) { rollouts.postDroppable(.counters(news)) }
            })
        let notifier = ServiceManagerNotifier()

        let context = ControlContext(
            settings: settings, identityInUse: parts.identity, deviceAnchors: parts.deviceAnchors,
            store: parts.store, services: services, bluetooth: parts.bluetooth,
            models: ModelKeeper(shelf, store: parts.store, analysis: analysis, clock: parts.clock),
            rollouts: rolloutBoard,
            forwarding: { forwarding.post(.forwarder($0)) },
            registrar: { registration.post(.registrar($0)) },
            images: parts.images, updates: updates, firmware: { firmware.post($0) },
            renew: { renewal.postDroppable(.renewal(.renewalAsked)) },
            checkFirmware: { rollouts.postDroppable(.schedule(.checkAsked)) })
        let control = try await ControlServer.bind(context, logger: logger)

        var all: [any Service] = [
            control,
            ForwardService(
                forwarder: Forwarder(policy: configuration.forwarding, verifier: parts.receiptVerifier),
                ledger: ledger, upstream: parts.upstream, mailbox: forwarding, services: services, logger: logger),
            RetentionService(
                store: parts.store, settings: settings, services: services),
            ReloadService(settings: settings, log: log, services: services, logger: logger) {
                forwarding.post(.forwarder(.policyChanged($0)))
            },
            ClockWatchService(services: services),
            RenewalService(
                renewal: CertificateRenewal(), procedure: parts.renewalProcedure, identity: parts.identity,
                mailbox: renewal, services: services, logger: logger
            ) {
                parts.use($0)
                // What waited for a certificate goes at once.
                forwarding.post(.forwarder(.flushRequested))
            },
        ]
        all.append(
            ReachService(
                addresses: parts.links, kinds: configuration.discoveredLinks, linkFactory: parts.linkFactory,
                sessionConfiguration: { kind, address in
                    sessionConfiguration(
                        kind, address, hub: parts.identity.current.hubID,
                        clockFloorMilliseconds: trust.floorMilliseconds)
                },
                services: services, interrupted: InterruptedReads(), mailbox: reach, logger: logger))
        all.append(
            RegistrationService(
                registrar: Registrar(), shelf: try await parts.recallShelf(), registry: parts.upstream,
                store: parts.store, mailbox: registration, recheck: { reach.post(.recheck($0)) }, services: services,
                logger: logger))

        if let port = configuration.metricsPort {
            all.append(try await MetricsServer.bind(port: port, context, logger: logger))
        }

        let repository = try parts.firmwareRepository(configuration)
        if let repository {
            all.append(
                RolloutService(
                    schedule: MetadataSchedule(policy: configuration.metadataPolicy), repository: repository,
                    store: parts.store, board: rolloutBoard, usesUnclaimed: configuration.usesUnclaimedDevices,
                    mailbox: rollouts, services: services, logger: logger,
                    deliver: { firmware.post(.offer($0, answer: nil)) }))
        }
        all.append(
            FirmwareService(
                policy: configuration.firmware, images: parts.images,
                source: repository.map {
                    RepositoryImageSource(
                        repository: $0, board: rolloutBoard, images: parts.images, updates: updates)
                }, board: updates,
                store: parts.store, mailbox: firmware, services: services, logger: logger,
                signed: { serial, state in
                    if hasRepository { rollouts.post(.counters(.signed(serial, state))) }
                },
                ended: { serial, outcome in
                    // Without a repository nothing was offered by a rollout, and nobody reads this mailbox.
                    if hasRepository { rollouts.post(.ended(serial, outcome)) }
                }))

        if parts.links.contains(where: { $0.kind == .ble }) || configuration.discoveredLinks.contains(.ble) {
            all.append(
                BluetoothService(
                    host: parts.bluetooth, notes: parts.bluetoothNotes, services: services, logger: logger))
        }

        if let alarm = admission.alarm, let draft = admission.audit(at: parts.clock.now()) {
            logger.error("\(alarm)")
            events.publish(.alarm(alarm))
            try await services.records.append(draft)
        }
        if let note = opening.note, admission.alarm == nil {
            logger.notice("\(note)")
            try await services.records.append(
                AuditDraft(
                    .analysis, actor: .agent, subject: "model", outcome: .done, time: parts.clock.now(), detail: note))
        }
        if let watchdog = ServiceManagerNotifier.watchdogInterval() {
            all.append(
                WatchdogService(
                    watchdog: watchdog, store: parts.store, links: { reach.post(.livenessAsked($0)) },
                    uplink: { forwarding.post(.livenessAsked($0)) }, notifier: notifier, logger: logger))
        }
        if parts.sandbox.state != .inForce {
            logger.notice("\(parts.sandbox.explanation)")
        }
        // The last is asked to stop first.
        all.append(StoppingNotice(notifier: notifier))
        notifier.notify(.ready, .status("awaiting \(parts.links.count) device link(s)"))
        logger.info("ready", metadata: ["hub": "\(parts.identity.current.hubID.text)"])
        defer { events.finish() }
        try await ServiceGroup(
            configuration: .init(
                services: all.map { .init(service: NamedService(service: $0)) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                // What it has to tell of services is told by the agent itself.
                logger: Logger(label: "corhub") { _ in SwiftLogNoOpLogHandler() })
        ).run()
        try await services.records.append(
            AuditDraft(.stop, actor: .agent, subject: "corhub", outcome: .done, time: parts.clock.now()))
    }

    private func sessionConfiguration(
        _ kind: LinkKind, _ address: String, hub: HubID, clockFloorMilliseconds: Int64
    ) -> DeviceSession.Configuration {
        let configuration = settings.configuration
        var limits = SessionLimits()
        limits.clockFloorMilliseconds = clockFloorMilliseconds
        limits.pollInterval = configuration.pollInterval
        return DeviceSession.Configuration(
            hub: hub, link: kind, address: address, subject: configuration.subject,
            allowsUncertified: configuration.allowsUncertifiedDevices,
            unclaimed: configuration.usesUnclaimedDevices ? .use : .wait, limits: limits)
    }
}
