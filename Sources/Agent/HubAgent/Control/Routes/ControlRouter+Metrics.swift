import HubCore
import HubStore
import KeyStore

extension ControlRouter {
    /// Prometheus' text: `corhub metrics`, GET /metrics.
    func metrics() async throws(ControlRefusal) -> ControlAnswer {
        let (buffer, usage, statistics) = try await read { (reader) throws(StoreFault) in
            (try reader.bufferStatus(), try reader.usage(), reader.statistics)
        }
        let services = context.services
        let now = services.clock.now()
        let identity = context.identity
        let isRenewalFailing =
            switch services.board.renewal.state {
            case .retrying, .refused: true
            case .idle, .waiting, .renewing: false
            }
        let metrics = HubMetrics(
            version: CorhubVersion.text, build: CorhubVersion.buildText, environment: identity.environment, now: now,
            isClockTrusted: services.clockWitness.trust.verdict(at: now) == .trusted, uptime: statistics.elapsed,
            buffer: buffer, usage: usage, quota: context.settings.quota, writtenLength: statistics.writtenLength,
            syncCount: statistics.syncCount, forwarding: services.board.forwarding,
            connections: services.board.connections,
            certificateEnds: [
                ("tls", identity.tls.life.endMilliseconds), ("signing", identity.signing.life.endMilliseconds),
            ],
            isRenewalFailing: isRenewalFailing, isConfigurationFaulty: context.settings.fault != nil,
            waitingKeyCount: context.settings.waiting.count, eventCounts: services.events.counts,
            process: ProcessFacts.read())
        return .bytes(Array(PrometheusText.text(of: metrics.families).utf8), contentType: PrometheusText.contentType)
    }
}
