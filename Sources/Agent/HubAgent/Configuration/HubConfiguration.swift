package import CORProtocol
package import HubCore

/// The least that is logged, by the names of swift-log.
package enum LogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error
}

/// Where and how the log is written.
package enum LogFormat: String, Sendable, CaseIterable {
    case auto, text, journal
}

/// The agent's settings, checked before anything is done with them. `ConfigurationKey.all` documents each.
package struct HubConfiguration: Sendable, Equatable {
    /// Store and identity live here.
    package var stateDirectory = "/var/lib/corhub"
    package var controlSocket = "/run/corhub/control.sock"
    /// Its members may use the control socket; nil leaves the socket to the owner's group.
    package var controlGroup: String?
    /// Group whose members may look and change nothing.
    package var controlReadGroup: String?
    package var logLevel = LogLevel.info
    package var logFormat = LogFormat.auto
    /// On 127.0.0.1; nil: metrics are told on the control socket alone.
    package var metricsPort: Int?
    /// Whose measurements these are, until devices are assigned one by one.
    package var subject: SubjectID?

    package var deviceLinks: [String] = []
    /// Kinds of link on which devices are looked for, beside the links that are named.
    package var discoveredLinks: [LinkKind] = []
    /// Folder of PEM files with the makers' device CAs.
    package var deviceTrustAnchors = "/usr/share/corhub/device-ca.d"
    package var allowsUncertifiedDevices = false
    /// Devices that nobody has claimed are worked with all the same.
    package var usesUnclaimedDevices = false
    /// UDP links leave this machine only when this is set.
    package var allowsRemoteUDP = false
    package var pollInterval: Duration = .seconds(30)

    /// The only region that readings may be sent to; nil where the pinned authority alone says where.
    package var upstreamRegion: String?
    /// PEM file with the certificate of whoever may release models of the analysis; nil: none are installed.
    package var modelCertificate: String?

    /// Where firmware is published; nil: nothing is looked for.
    package var firmwareRepository: RepositoryURL?
    /// File with the root of TUF that trust in the repository begins with.
    package var firmwareRoot: String?
    package var firmwareCheckInterval: Duration = .seconds(86_400)

    package var forwarding = ForwardingPolicy()
    package var retention = RetentionPolicy()
    package var quota = StorageQuota()
    /// Folder of PEM or DER files with the makers' public keys for firmware images.
    package var imageKeyDirectory = "/usr/share/corhub/image-keys.d"
    package var firmware = FirmwarePolicy()

    package init() {}

    package var storeDirectory: String { stateDirectory + "/store" }
    /// Where damaged stores are set aside; on the store's file system.
    package var quarantineDirectory: String { stateDirectory + "/quarantine" }
    /// Trusted metadata and rollouts.
    package var firmwareDirectory: String { stateDirectory + "/firmware" }
    /// Images of updates.
    package var imageDirectory: String { stateDirectory + "/images" }
    package var identityDirectory: String { stateDirectory + "/identity" }
}

extension HubConfiguration {
    var discoversUSB: Bool {
        get { discoveredLinks.contains(.usb) }
        set { discover(.usb, newValue) }
    }
    var discoversSerial: Bool {
        get { discoveredLinks.contains(.serial) }
        set { discover(.serial, newValue) }
    }
    var discoversBLE: Bool {
        get { discoveredLinks.contains(.ble) }
        set { discover(.ble, newValue) }
    }

    private mutating func discover(_ kind: LinkKind, _ isWanted: Bool) {
        discoveredLinks.removeAll { $0 == kind }
        if isWanted { discoveredLinks.append(kind) }
    }

    var metadataPolicy: MetadataSchedule.Policy {
        var policy = MetadataSchedule.Policy()
        policy.interval = firmwareCheckInterval
        policy.startSpread = min(policy.startSpread, firmwareCheckInterval)
        return policy
    }
}
