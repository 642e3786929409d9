import CORProtocol

/// Judges facts about a hub. A pure rule for each check; what could not be looked at is told as such.
package struct DoctorDiagnosis: Sendable, Equatable {
    package let findings: [DoctorFinding]
    /// Checks for which a fact was missing.
    package let skipped: [DoctorFinding.Check]

    package init(of facts: DoctorFacts) {
        var findings: [DoctorFinding] = []
        var skipped: [DoctorFinding.Check] = []
        for check in DoctorFinding.Check.allCases {
            if let found = Self.findings(check, facts) {
                findings += found
            } else {
                skipped.append(check)
            }
        }
        self.findings = findings.filter { $0.severity == .problem } + findings.filter { $0.severity == .warning }
        self.skipped = skipped
    }

    package var hasProblem: Bool { findings.contains { $0.severity == .problem } }

    /// Nil where a fact is missing.
    private static func findings(_ check: DoctorFinding.Check, _ facts: DoctorFacts) -> [DoctorFinding]? {
        switch check {
        case .configuration: return configuration(facts)
        case .agent: return facts.controlSocket.map(agent)
        case .controlSocket: return facts.controlSocket.map(controlSocket)
        case .sandbox: return facts.sandbox.map(sandbox)
        case .udevRule: return facts.hasUdevRule.map { udevRule($0, facts) }
        case .deviceNodes: return facts.deviceNodes.map(deviceNodes)
        case .bluetooth: return facts.adapter.map { bluetooth($0, facts) }
        case .kernel: return facts.adapter.map { kernel($0, facts) }
        case .disk: return facts.disk.map { disk($0, facts.quota) }
        case .wear: return facts.wearTenths.map(wear)
        case .store: return facts.damagedStoreCount.map(store)
        case .clock: return facts.clockSync.map { clock($0, facts.wallMilliseconds) }
        case .enrolment: return facts.enrolment.map(enrolment)
        case .certificates: return facts.certificates.map { certificates($0, at: facts.wallMilliseconds) }
        case .names: return facts.addresses.map { names($0, facts.enrolment) }
        case .upstream: return facts.probe.map(upstream)
        }
    }

    private static func configuration(_ facts: DoctorFacts) -> [DoctorFinding] {
        facts.configurationFaults.map {
            DoctorFinding(
                .configuration, "configuration-invalid", .problem, $0,
                remedy: "mend the file, look with `corhub config check`, then `systemctl restart corhub`")
        }
            + facts.dangers.map {
                DoctorFinding(
                    .configuration, "configuration-dangerous", .warning, $0, remedy: "remove it where it is not wanted")
            }
    }

    private static func agent(_ socket: DoctorFacts.ControlSocket) -> [DoctorFinding] {
        switch socket {
        case .answers, .denied: []
        case .absent:
            [
                DoctorFinding(
                    .agent, "agent-not-running", .problem, "the agent does not run",
                    remedy: "`systemctl start corhub`; `journalctl -u corhub -e` says why it ended")
            ]
        }
    }

    private static func controlSocket(_ socket: DoctorFacts.ControlSocket) -> [DoctorFinding] {
        guard socket == .denied else { return [] }
        return [
            DoctorFinding(
                .controlSocket, "group-missing", .problem, "this user may not use the control socket",
                remedy: "add the user to the socket's group (`usermod -aG corhub USER`), and log in again")
        ]
    }

    private static func sandbox(_ sandbox: SandboxFindings) -> [DoctorFinding] {
        guard sandbox.state != .inForce else { return [] }
        return [
            DoctorFinding(
                .sandbox, "sandbox-missing", .warning, sandbox.explanation,
                remedy: "start it as the service corhub.service, and look at its drop-ins (`systemctl cat corhub`)")
        ]
    }

    private static func udevRule(_ isInstalled: Bool, _ facts: DoctorFacts) -> [DoctorFinding] {
        guard !isInstalled, facts.wantsUSB else { return [] }
        return [
            DoctorFinding(
                .udevRule, "udev-rule-missing", .problem,
                "devices.usb is set, and no 70-corhub.rules is there: the agent may not open a device",
                remedy: "install the package again, or copy udev/70-corhub.rules to /etc/udev/rules.d; then "
                    + "`udevadm control --reload && udevadm trigger`")
        ]
    }

    private static func deviceNodes(_ nodes: [DoctorFacts.DeviceNode]) -> [DoctorFinding] {
        nodes.filter { !$0.isGroupRight || $0.mode & 0o060 != 0o060 }.map {
            DoctorFinding(
                .deviceNodes, "device-node-group", .problem, "\($0.path) is not for the group corhub-dev",
                remedy: "`udevadm trigger --action=add \($0.path)`, or unplug the device and plug it in")
        }
    }

    private static func bluetooth(_ adapter: AdapterFacts, _ facts: DoctorFacts) -> [DoctorFinding] {
        guard facts.wantsBLE, let obstacle = adapter.obstacle(allowsHazardousKernel: true) else { return [] }
        let remedy =
            switch obstacle {
            case .ownedByDaemon: "`systemctl disable --now bluetooth`, or set devices.ble = false"
            case .socketUnavailable: "load the module (`modprobe bluetooth`), or set devices.ble = false"
            default: "see docs/ble.md"
            }
        return [DoctorFinding(.bluetooth, obstacle.code, .problem, "\(obstacle)", remedy: remedy)]
    }

    private static func kernel(_ adapter: AdapterFacts, _ facts: DoctorFacts) -> [DoctorFinding] {
        guard KernelHazard.isPresent(release: adapter.kernelRelease, version: adapter.kernelVersion) else { return [] }
        return [
            DoctorFinding(
                .kernel, "kernel-hazard", facts.wantsBLE ? .problem : .warning,
                "kernel \(adapter.kernelRelease) crashes when a Bluetooth device has lost its key; BLE stays off on it",
                remedy: "install kernel 6.1.190 or older, or 6.12")
        ]
    }

    private static func disk(_ disk: DoctorFacts.Disk, _ quota: StorageQuota) -> [DoctorFinding] {
        if disk.isReadOnly {
            return [
                DoctorFinding(
                    .disk, "disk-read-only", .problem, "the disk of the store is read-only: nothing can be kept",
                    remedy: "look for its failure in `dmesg`; a worn card is to be replaced")
            ]
        }
        let pressure = quota.pressure(of: disk.usage)
        guard pressure != .none else { return [] }
        return [
            DoctorFinding(
                .disk, "disk-nearly-full", pressure == .noRecords ? .problem : .warning,
                "\(disk.usage.availableLength / 1_000_000) MB are free for the store"
                    + (pressure == .noRecords ? ": devices keep their records" : ""),
                remedy: "make room on the disk, or look why nothing goes upstream (`corhub status`)")
        ]
    }

    /// Used tenths of its life from which a memory should be replaced. JEDEC eMMC 5.1, DEVICE_LIFE_TIME_EST.
    private static let wearTenthsMax = 8

    private static func wear(_ tenths: [String: Int]) -> [DoctorFinding] {
        tenths.filter { $0.value > wearTenthsMax }.sorted { $0.key < $1.key }.map {
            DoctorFinding(
                .wear, "disk-worn", $0.value > 10 ? .problem : .warning,
                "\($0.key) has used about \(min($0.value, 10) * 10) % of its life",
                remedy: "replace it; `corhub buffer export DIR` keeps what is on it")
        }
    }

    private static func store(_ damagedCount: Int) -> [DoctorFinding] {
        guard damagedCount > 0 else { return [] }
        return [
            DoctorFinding(
                .store, "store-quarantined", .warning,
                "\(damagedCount) damaged store(s) are set aside; what could be read was taken over",
                remedy:
                    "`corhub audit show` says what was lost; look at the disk, then remove the folders in quarantine")
        ]
    }

    /// 2025-01-01: before this no program of this kind existed.
    private static let wallMillisecondsMin: Int64 = 1_735_689_600_000

    private static func clock(_ sync: ClockSync, _ wall: Int64) -> [DoctorFinding] {
        if wall < wallMillisecondsMin {
            return [
                DoctorFinding(
                    .clock, "clock-not-set", .problem, "the clock has not been set: it stands before 2025",
                    remedy: "`timedatectl set-ntp true`, and look at the network (UDP port 123)")
            ]
        }
        guard sync == .never else { return [] }
        return [
            DoctorFinding(
                .clock, "clock-not-synchronised", .warning, "no time service has set the clock since the boot",
                remedy: "`timedatectl set-ntp true`; `timedatectl timesync-status` says what is wrong")
        ]
    }

    private static func enrolment(_ enrolment: DoctorFacts.Enrolment) -> [DoctorFinding] {
        switch enrolment {
        case .enrolled: []
        case .absent:
            [
                DoctorFinding(
                    .enrolment, "not-enrolled", .problem, "this hub is not enrolled",
                    remedy:
                        "`sudo -u corhub corhub enroll --url URL --token -`, with a token of whoever runs the upstream")
            ]
        case .broken(let reason):
            [
                DoctorFinding(
                    .enrolment, "identity-broken", .problem, reason,
                    remedy: "mend it, or enrol with --again and a new token")
            ]
        }
    }

    private static func certificates(
        _ certificates: [DoctorFacts.Certificate], at wall: Int64
    ) -> [DoctorFinding] {
        certificates.compactMap { certificate in
            let left = certificate.endMilliseconds - wall
            if left <= 0 {
                return DoctorFinding(
                    .certificates, "certificate-ended", .problem, "the \(certificate.use) certificate has ended",
                    remedy: "`corhub enroll renew`; where that is refused, enrol with --again and a new token")
            }
            // The agent renews after half of the life: what has less than a quarter was not renewed for long.
            guard left < (certificate.endMilliseconds - certificate.beginMilliseconds) / 4 else { return nil }
            return DoctorFinding(
                .certificates, "certificate-near-end", .warning,
                "the \(certificate.use) certificate ends in \(left / 3_600_000) h and was not renewed",
                remedy: "`corhub enroll status` says why; `corhub enroll renew` tries now")
        }
    }
}
