import CORProtocol
import HubCore
import Synchronization

/// The configuration in force, which SIGHUP may change while the agent runs, and what became of the last attempt.
final class ConfigurationInUse: Sendable {
    private struct Content {
        var configuration: HubConfiguration
        var hash: SHA256Hash
        var waiting: [String] = []
        var fault: String?
    }

    /// The file that is read again.
    let file: String
    private let content: Mutex<Content>

    init(_ configuration: HubConfiguration, file: String) {
        self.file = file
        content = Mutex(Content(configuration: configuration, hash: configuration.hash))
    }

    var configuration: HubConfiguration { content.withLock { $0.configuration } }
    var hash: SHA256Hash { content.withLock { $0.hash } }
    /// Keys whose new values want a restart.
    var waiting: [String] { content.withLock { $0.waiting } }
    /// Why the files that were read last are not in force; nil where they are.
    var fault: String? { content.withLock { $0.fault } }

    var quota: StorageQuota { content.withLock { $0.configuration.quota } }

    func use(_ reload: ConfigurationReload) {
        let hash = reload.configuration.hash
        content.withLock { content in
            content.configuration = reload.configuration
            content.hash = hash
            content.waiting = reload.waiting
            content.fault = nil
        }
    }

    func note(_ fault: ConfigurationFault) {
        content.withLock { $0.fault = fault.description }
    }
}
