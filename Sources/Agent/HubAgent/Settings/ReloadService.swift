import CORProtocol
import Glibc
import HubCore
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again at each SIGHUP. A broken one changes nothing, and is told.
struct ReloadService: Service {
    let settings: ConfigurationInUse
    let log: LogSettings
    let services: AgentServices
    let logger: Logger
    /// Hands the policy to who holds one of its own.
    let forwarding: @Sendable (ForwardingPolicy) -> Void

    /// Until `run` listens, and after it has ended, SIGHUP shall not end the process.
    static func holdSignals() { signal(SIGHUP, SIG_IGN) }

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            try await reload()
        }
    }

    private func reload() async throws {
        let outcome: AuditOutcome
        let detail: String
        do throws(ConfigurationFault) {
            let written = try ConfigurationLoader.load(file: settings.file)
            let reload = ConfigurationReload(of: written.configuration, over: settings.configuration)
            settings.use(reload)
            log.configured(reload.configuration.logLevel)
            forwarding(reload.configuration.forwarding)
            (outcome, detail) = (.done, reload.description)
            logger.notice("\(detail)")
        } catch {
            settings.note(error)
            (outcome, detail) = (.refused, "\(error)")
            logger.error("the configuration was read again and is not used: \(error)")
        }
        try await services.records.append(
            AuditDraft(
                .configurationChange, actor: .agent, subject: "configuration", outcome: outcome,
                time: services.clock.now(), detail: detail.clipped(toLength: Self.detailLengthMax)))
    }

    /// Bytes: a list of keys may be longer than an audit entry takes.
    private static let detailLengthMax = 256
}
