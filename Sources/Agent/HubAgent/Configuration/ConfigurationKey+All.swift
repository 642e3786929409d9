import CORProtocol
import HubCore

extension ConfigurationKey {
    /// What the tables of the file are about, in the order in which they are shown.
    package static let sections: [(name: String, meaning: String)] = [
        ("hub", "This hub."),
        ("control", "The socket by which the command line asks the agent."),
        ("log", "What the agent tells the journal."),
        ("metrics", "Figures for Prometheus."),
        ("devices", "Where COR One is looked for, and which are worked with."),
        ("upstream", "Where readings go; the address itself comes with the enrolment."),
        ("analysis", "The analysis of readings."),
        ("firmware", "Updates of the devices' firmware."),
        ("forwarding", "How readings travel upstream."),
        ("retention", "How long content stays on the hub behind a verified receipt."),
        ("storage", "How much of the disk the store may take."),
    ]

    package static let all: [ConfigurationKey] =
        own + devices + upstream + firmware + forwarding + retention

    private static let own: [ConfigurationKey] = [
        text("hub.state_directory", \.stateDirectory, "Folder of the store and the hub's identity."),
        text(
            "hub.subject", \.subject, example: "subject-0001",
            "Opaque id of the person whose readings these are, until `corhub device assign` says otherwise; no name.",
            isPersonal: true, reload: .nextSession,
            read: { (text) throws(ValueRefusal) in
                guard let subject = SubjectID(text) else {
                    throw ValueRefusal("an opaque id of 1 to 64 bytes is wanted")
                }
                return subject
            }, write: { $0.text }),
        text("control.socket", \.controlSocket, "Path of the control socket."),
        text("control.group", \.controlGroup, example: "corhub", "Group whose members may use the control socket."),
        text(
            "control.read_group", \.controlReadGroup, example: "corhub-readers",
            "Group whose members may look, readings included, and change nothing. Everybody then reaches the socket, and the agent sends away who is in neither group."
        ),
        choice(
            "log.level", \.logLevel,
            "The least that is logged; the option --log-level of `corhub run` goes before it.",
            reload: .atOnce),
        choice(
            "log.format", \.logFormat,
            "journal: fields by journald's protocol; text: lines on standard error; auto: journal where systemd reads it.",
            reload: .restart),
        integer(
            "metrics.port", \.metricsPort, example: 9464, 1...65_535,
            "Port on 127.0.0.1 where GET /metrics answers; absent: `corhub metrics` alone tells them. Whoever can reach the loopback of this machine can read them."
        ),
    ]

    private static let devices: [ConfigurationKey] = [
        list(
            "devices.links", \.deviceLinks, countMax: 64, what: "links", example: "udp://127.0.0.1:1337",
            "Addresses of links on which a COR One is awaited."),
        flag("devices.usb", \.discoversUSB, "Work with every COR One that is plugged in."),
        flag("devices.serial", \.discoversSerial, "Work with every COR One on a USB serial port."),
        flag("devices.ble", \.discoversBLE, "Work with every COR One that is paired and within reach."),
        text(
            "devices.trust_anchors", \.deviceTrustAnchors,
            "Folder of PEM files (.pem, .crt): the makers' certificate authorities for devices."),
        flag(
            "devices.allow_uncertified", \.allowsUncertifiedDevices,
            "Work with devices that have no certificate; everything from them is marked link-only.",
            danger: "whoever imitates a device can put readings in", reload: .nextSession),
        flag(
            "devices.use_unclaimed", \.usesUnclaimedDevices,
            "Work with devices that nobody has claimed, as another hub may do too; for test benches.",
            danger: "another hub may take the same readings"),
        flag(
            "devices.allow_remote_udp", \.allowsRemoteUDP,
            "Let UDP and TCP links leave this machine; for development with virtual devices.",
            danger: "the protocol of such links has no encryption"),
        duration(
            "devices.poll_interval", \.pollInterval, 1...86_400, "Between two looks at a connected device.",
            reload: .nextSession),
    ]

    private static let upstream: [ConfigurationKey] = [
        text(
            "upstream.region", \.upstreamRegion, example: "eu-central",
            "The region that the upstream's certificate must name; elsewhere nothing is sent, and the refusal is audited.",
            read: { (region) throws(ValueRefusal) in
                guard region.utf8.count <= 64,
                    region.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
                else { throw ValueRefusal("1 to 64 lower-case letters, digits and hyphens are wanted") }
                return region
            }, write: { $0 }),
        text(
            "analysis.model_certificate", \.modelCertificate, example: "/etc/corhub/models.pem",
            "PEM file: the certificate of whoever may release models of the analysis. Absent: none are installed."),
    ]

    private static let firmware: [ConfigurationKey] = [
        text(
            "firmware.repository", \.firmwareRepository, example: "https://firmware.example/corone",
            "Where firmware is published: http or https, the latter by the pinned authority. Absent: none is looked for.",
            read: { (text) throws(ValueRefusal) in
                do throws(UpstreamURLError) {
                    return try RepositoryURL(parsing: text)
                } catch {
                    throw ValueRefusal("\(error)")
                }
            }, write: { "\($0)" }),
        text(
            "firmware.root", \.firmwareRoot, example: "/etc/corhub/firmware-root.json",
            "The publisher's root (TUF) that trust begins with. Wanted where a repository is named."),
        duration(
            "firmware.check_interval", \.firmwareCheckInterval, 10...2_592_000,
            "Metadata are read this often, at a time of the hub's own.", reload: .restart),
        text(
            "firmware.image_keys", \.imageKeyDirectory,
            "Folder of .pem and .der files: the makers' public keys for firmware images. Without a key no image is accepted."
        ),
        duration(
            "firmware.proof_time", \.firmware.proofTime, 1...86_400,
            "A new image has to stay up for so long before it is confirmed.", reload: .restart),
    ]

    private static let forwarding: [ConfigurationKey] = [
        duration(
            "forwarding.linger", \.forwarding.linger, 0...3_600, "What arrives within this time shares a batch.",
            reload: .atOnce),
        duration(
            "forwarding.heartbeat", \.forwarding.heartbeat, 10...86_400, "Audit entries alone travel this often.",
            reload: .atOnce),
        duration(
            "forwarding.retry_shortest", \.forwarding.backoff.shortest, 1...3_600,
            "Shortest delay before sending again; delays are spread by chance.", reload: .atOnce),
        duration(
            "forwarding.retry_longest", \.forwarding.backoff.longest, 1...86_400, "Longest delay before sending again.",
            reload: .atOnce),
        size(
            "forwarding.raw_bytes_per_day", \.forwarding.rawBytesPerDay, example: "20MB", 1_000...1_000_000_000_000,
            "Metered link: so many bytes of raw records go in 24 hours; results always go. Absent: no limit.",
            reload: .atOnce),
    ]

    private static let retention: [ConfigurationKey] = [
        duration(
            "retention.records", \.retention.records, 0...315_360_000,
            "Raw records stay this long on the hub behind a verified receipt. Nothing goes while the clock is not trusted.",
            reload: .atOnce),
        duration(
            "retention.batches", \.retention.batches, 0...315_360_000,
            "Signed batches stay this long behind a verified receipt.", reload: .atOnce),
        duration(
            "retention.entries", \.retention.entries, 0...315_360_000,
            "Results, gaps and events stay this long behind a verified receipt.", reload: .atOnce),
        duration(
            "retention.audit", \.retention.audit, 0...315_360_000,
            "Audit entries stay this long behind a verified receipt.", reload: .atOnce),
        duration(
            "retention.quarantine", \.retention.quarantine, 0...315_360_000, "Refused bytes stay this long.",
            reload: .atOnce),
        size(
            "storage.quarantine_max", \.retention.quarantineLengthMax, 0...1_000_000_000_000,
            "Refused bytes in all; beyond it the oldest go.", reload: .atOnce),
        size(
            "storage.max", \.quota.lengthMax, 100_000_000...1_000_000_000_000,
            "What the store may take of the disk. At 90 % of it diagnostics stop, at 95 % devices keep their records until there is room.",
            reload: .atOnce),
        flag(
            "storage.overwrite", \.quota.overwritesUnsentRuns,
            "When the store is full, the oldest raw runs that were not sent give way to new ones, and a signed gap names each; results and audit entries stay. False: devices keep their records.",
            danger: "raw data of readings are lost when the upstream stays away", reload: .atOnce),
        size(
            "storage.reserve", \.quota.reserveLength, 1_000_000...1_000_000_000_000,
            "Room on the disk that records never take: for the audit chain and a clean end.", reload: .atOnce),
    ]
}
