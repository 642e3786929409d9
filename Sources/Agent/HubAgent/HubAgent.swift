package import CORProtocol
package import HubCore
import COSESigning
import DeviceLinks
import ESRAnalysis
import HubStore
import KeyStore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UpstreamClient

/// The hub: one process that awaits devices, keeps their records, analyses them and forwards signed batches.
package struct HubAgent: Sendable {
    private let configuration: HubConfiguration
    private let configurationHash: SHA256Hash
    private let logger: Logger

    /// - Parameter configurationHash: of the configuration file's bytes; travels in each batch.
    package init(configuration: HubConfiguration, configurationHash: SHA256Hash, logger: Logger) {
        self.configuration = configuration
        self.configurationHash = configurationHash
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT. What was acknowledged before is durable, however this ends.
    package func run() async throws(AgentFault) {
        let identity = try loadIdentity()
        let links = try deviceLinks()
        let certificates = try deviceCertificates()
        let upstream = try upstreamClient(identity)
        let clock = SystemHubClock()
        let store = try openStore()
        do {
            try await run(
                store: store, identity: identity, links: links, certificates: certificates, upstream: upstream,
                clock: clock)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}
