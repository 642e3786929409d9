import CORProtocol
import HubCore

/// One key of the configuration file: its name, what it means, and how its value gets into the configuration.
///
/// This table is the only place that knows the keys; documentation and messages are made of it.
package struct ConfigurationKey: Sendable {
    package let path: String
    package let isList: Bool
    package let form: String
    package let example: String
    package let meaning: String
    /// Returns what is wrong with the value, or nil once it is set.
    let set: @Sendable (TOMLDocument.Value, inout HubConfiguration) -> String?

    package static let all: [ConfigurationKey] = [
        text("hub.state_directory", example: "/var/lib/corhub", "Folder of the store and the hub's identity.") {
            $0.stateDirectory = $1
            return nil
        },
        text("hub.subject", example: "subject-0001", "Opaque id of the person whose readings these are; no name.") {
            guard let subject = SubjectID($1) else { return "an opaque id of 1 to 64 bytes is wanted" }
            $0.subject = subject
            return nil
        },
        text("control.socket", example: "/run/corhub/control.sock", "Socket on which the command line asks the agent.")
        {
            $0.controlSocket = $1
            return nil
        },
        text("control.group", example: "corhub", "Group whose members may use the control socket.") {
            $0.controlGroup = $1
            return nil
        },
        text(
            "control.read_group", example: "corhub-readers",
            "Group whose members may look, readings included, and change nothing."
        ) {
            $0.controlReadGroup = $1
            return nil
        },
        ConfigurationKey(
            path: "devices.links", isList: true, form: "list of link addresses",
            example: "[\"udp://127.0.0.1:1337\"]", meaning: "Links on which a COR One is awaited."
        ) { value, configuration in
            switch value {
            case .string(let address):
                guard !configuration.deviceLinks.contains(address) else { return "\(address) is named twice" }
                guard configuration.deviceLinks.count < 64 else { return "more than 64 links" }
                configuration.deviceLinks.append(address)
                return nil
            case .emptyArray:
                return nil
            default:
                return "a string is wanted, found \(value.kindName)"
            }
        },
        discovery("devices.usb", .usb, "Work with every COR One that is plugged in."),
        discovery("devices.serial", .serial, "Work with every COR One on a USB serial port."),
        discovery("devices.ble", .ble, "Work with every COR One that is paired and within reach."),
        text(
            "devices.trust_anchors", example: "/usr/share/corhub/device-ca.d",
            "Folder of PEM files (.pem, .crt): the makers' certificate authorities for devices."
        ) {
            $0.deviceTrustAnchors = $1
            return nil
        },
        flag(
            "devices.allow_uncertified",
            "Dangerous: work with devices that have no certificate; everything from them is marked link-only."
        ) { $0.allowsUncertifiedDevices = $1 },
        flag(
            "devices.use_unclaimed",
            "Dangerous: work with devices that nobody has claimed, as another hub may do too; for test benches."
        ) { $0.usesUnclaimedDevices = $1 },
        flag(
            "devices.allow_remote_udp",
            "Dangerous: let UDP and TCP links leave this machine; for development with virtual devices."
        ) { $0.allowsRemoteUDP = $1 },
        duration("devices.poll_interval", example: "30s", 1...86_400, "Between two looks at a connected device.") {
            $0.pollInterval = $1
        },
        text(
            "upstream.region", example: "eu-central",
            "The region that the upstream's certificate must name; nothing is sent elsewhere."
        ) { configuration, region in
            guard region.utf8.count <= 64,
                region.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
            else { return "1 to 64 lower-case letters, digits and hyphens are wanted" }
            configuration.upstreamRegion = region
            return nil
        },
        text(
            "analysis.model_certificate", example: "/etc/corhub/models.pem",
            "PEM file: the certificate of whoever may release models of the analysis. Absent: none are installed."
        ) {
            $0.modelCertificate = $1
            return nil
        },
        text(
            "firmware.repository", example: "https://firmware.example/corone",
            "Where firmware is published: http or https, the latter by the pinned authority. Absent: none is looked for."
        ) { configuration, text in
            do throws(UpstreamURLError) {
                configuration.firmwareRepository = try RepositoryURL(parsing: text)
                return nil
            } catch {
                return "\(error)"
            }
        },
        text(
            "firmware.root", example: "/etc/corhub/firmware-root.json",
            "The publisher's root (TUF) that trust begins with. Wanted where a repository is named."
        ) {
            $0.firmwareRoot = $1
            return nil
        },
        duration(
            "firmware.check_interval", example: "24h", 10...2_592_000,
            "Metadata are read this often, at a time of the hub's own."
        ) { $0.firmwareCheckInterval = $1 },
        text(
            "firmware.image_keys", example: "/usr/share/corhub/image-keys.d",
            "Folder of .pem and .der files: the makers' public keys for firmware images. Absent: none are accepted."
        ) {
            $0.imageKeyDirectory = $1
            return nil
        },
        duration(
            "firmware.proof_time", example: "5m", 1...86_400,
            "A new image has to stay up for so long before it is confirmed."
        ) { $0.firmware.proofTime = $1 },
        duration("forwarding.linger", example: "2s", 0...3_600, "What arrives within this time shares a batch.") {
            $0.forwarding.linger = $1
        },
        duration("forwarding.heartbeat", example: "1h", 10...86_400, "Audit entries alone travel this often.") {
            $0.forwarding.heartbeat = $1
        },
        duration("forwarding.retry_shortest", example: "1s", 1...3_600, "Shortest delay before sending again.") {
            $0.forwarding.backoff.shortest = $1
        },
        duration("forwarding.retry_longest", example: "5m", 1...86_400, "Longest delay before sending again.") {
            $0.forwarding.backoff.longest = $1
        },
        size(
            "forwarding.raw_bytes_per_day", example: "20MB", 1_000...1_000_000_000_000,
            "Metered link: so many bytes of raw records go in 24 hours; results always go. Absent: no limit."
        ) { $0.forwarding.rawBytesPerDay = $1 },
        duration(
            "retention.records", example: "30d", 0...315_360_000,
            "Raw records stay this long on the hub behind a verified receipt."
        ) { $0.retention.records = $1 },
        duration(
            "retention.batches", example: "30d", 0...315_360_000,
            "Signed batches stay this long behind a verified receipt."
        ) { $0.retention.batches = $1 },
        duration(
            "retention.entries", example: "365d", 0...315_360_000,
            "Results, gaps and events stay this long behind a verified receipt."
        ) { $0.retention.entries = $1 },
        duration(
            "retention.audit", example: "365d", 0...315_360_000,
            "Audit entries stay this long behind a verified receipt."
        ) { $0.retention.audit = $1 },
        duration("retention.quarantine", example: "90d", 0...315_360_000, "Refused bytes stay this long.") {
            $0.retention.quarantine = $1
        },
        size(
            "storage.quarantine_max", example: "64MB", 0...1_000_000_000_000,
            "Refused bytes in all; beyond it the oldest go."
        ) { $0.retention.quarantineLengthMax = $1 },
        size(
            "storage.max", example: "4GB", 100_000_000...1_000_000_000_000,
            "What the store may take of the disk. At 95 % of it devices keep their records until there is room."
        ) { $0.quota.lengthMax = $1 },
        size(
            "storage.reserve", example: "64MB", 1_000_000...1_000_000_000_000,
            "Room on the disk that records never take: for the audit chain and a clean end."
        ) { $0.quota.reserveLength = $1 },
    ]

    private static func text(
        _ path: String, example: String, _ meaning: String,
        set: @escaping @Sendable (inout HubConfiguration, String) -> String?
    ) -> ConfigurationKey {
        ConfigurationKey(path: path, isList: false, form: "string", example: "\"\(example)\"", meaning: meaning) {
            value, configuration in
            guard case .string(let text) = value else { return "a string is wanted, found \(value.kindName)" }
            guard !text.isEmpty else { return "an empty string is no value" }
            return set(&configuration, text)
        }
    }

    private static func flag(
        _ path: String, _ meaning: String, set: @escaping @Sendable (inout HubConfiguration, Bool) -> Void
    ) -> ConfigurationKey {
        ConfigurationKey(path: path, isList: false, form: "true or false", example: "false", meaning: meaning) {
            value, configuration in
            guard case .boolean(let flag) = value else { return "true or false is wanted, found \(value.kindName)" }
            set(&configuration, flag)
            return nil
        }
    }

    private static func discovery(_ path: String, _ kind: LinkKind, _ meaning: String) -> ConfigurationKey {
        flag(path, meaning) { configuration, isWanted in
            configuration.discoveredLinks.removeAll { $0 == kind }
            if isWanted { configuration.discoveredLinks.append(kind) }
        }
    }

    private static func duration(
        _ path: String, example: String, _ seconds: ClosedRange<Int64>, _ meaning: String,
        set: @escaping @Sendable (inout HubConfiguration, Duration) -> Void
    ) -> ConfigurationKey {
        ConfigurationKey(
            path: path, isList: false, form: "duration (ms, s, m, h, d)", example: "\"\(example)\"", meaning: meaning
        ) { value, configuration in
            guard case .string(let text) = value, let duration = Duration(written: text) else {
                return "a duration such as \"\(example)\" is wanted"
            }
            guard duration >= .seconds(seconds.lowerBound), duration <= .seconds(seconds.upperBound) else {
                return "between \(seconds.lowerBound) s and \(seconds.upperBound) s are allowed"
            }
            set(&configuration, duration)
            return nil
        }
    }
}

extension ConfigurationKey {
    private static func size(
        _ path: String, example: String, _ bytes: ClosedRange<Int>, _ meaning: String,
        set: @escaping @Sendable (inout HubConfiguration, Int) -> Void
    ) -> ConfigurationKey {
        ConfigurationKey(
            path: path, isList: false, form: "size (kB, MB, GB)", example: "\"\(example)\"", meaning: meaning
        ) { value, configuration in
            guard case .string(let text) = value, let size = Self.byteCount(written: text) else {
                return "a size such as \"\(example)\" is wanted"
            }
            guard bytes.contains(size) else {
                return "between \(bytes.lowerBound) and \(bytes.upperBound) bytes are allowed"
            }
            set(&configuration, size)
            return nil
        }
    }

    /// "64kB", "20MB", "1GB": powers of ten. Nil for anything else.
    private static func byteCount(written text: String) -> Int? {
        let units: [(suffix: String, bytes: Int)] = [("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000)]
        for unit in units where text.hasSuffix(unit.suffix) {
            let digits = text.dropLast(unit.suffix.count)
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(digits)
            else {
                return nil
            }
            let (product, overflows) = count.multipliedReportingOverflow(by: unit.bytes)
            return overflows ? nil : product
        }
        return nil
    }
}

extension Duration {
    /// "500ms", "30s", "5m", "1h", "30d". Nil for anything else.
    package init?(written text: String) {
        let units: [(suffix: String, milliseconds: Int64)] = [
            ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        for unit in units where text.hasSuffix(unit.suffix) {
            let digits = text.dropLast(unit.suffix.count)
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int64(digits),
                !count.multipliedReportingOverflow(by: unit.milliseconds).overflow
            else { continue }
            self = .milliseconds(count * unit.milliseconds)
            return
        }
        return nil
    }
}
