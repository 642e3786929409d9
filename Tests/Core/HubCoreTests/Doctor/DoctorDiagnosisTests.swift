import CORProtocol
import HubCore
import Testing

@Suite("The doctor's diagnosis")
struct DoctorDiagnosisTests {
    private static let wall: Int64 = 1_795_000_000_000
    private static let day: Int64 = 86_400_000

    /// A hub with which nothing is wrong.
    private static var sound: DoctorFacts {
        var facts = DoctorFacts()
        facts.wantsUSB = true
        facts.wantsBLE = true
        facts.controlSocket = .answers
        facts.sandbox = SandboxFindings(missing: [])
        facts.hasUdevRule = true
        facts.deviceNodes = [.init(path: "/dev/bus/usb/001/002", isGroupRight: true, mode: 0o660)]
        facts.adapter = AdapterFacts(
            owner: .nobody, kernelRelease: "6.1.0-50-amd64", kernelVersion: "#1", socketFailure: nil)
        facts.disk = .init(
            usage: StorageUsage(usedLength: 1_000_000, availableLength: 4_000_000_000), isReadOnly: false)
        facts.wearTenths = ["mmcblk0": 8]
        facts.damagedStoreCount = 0
        facts.wallMilliseconds = wall
        facts.clockSync = .synchronised
        facts.enrolment = .enrolled(host: "upstream.example")
        facts.certificates = [
            .init(use: "tls", beginMilliseconds: wall - 60 * day, endMilliseconds: wall + 30 * day)
        ]
        facts.addresses = ["192.0.2.1"]
        facts.probe = .answered
        return facts
    }

    @Test("With a sound hub nothing is found, and nothing is left out")
    func soundHub() {
        let diagnosis = DoctorDiagnosis(of: Self.sound)
        #expect(diagnosis.findings == [])
        #expect(diagnosis.skipped == [])
        #expect(!diagnosis.hasProblem)
    }

    @Test("What could not be looked at is said, and is no finding")
    func unknown() {
        let diagnosis = DoctorDiagnosis(of: DoctorFacts())
        #expect(diagnosis.findings == [])
        #expect(Set(diagnosis.skipped) == Set(DoctorFinding.Check.allCases).subtracting([.configuration]))
    }

    private struct Break: Sendable {
        let code: String
        let severity: DoctorFinding.Severity
        let change: @Sendable (inout DoctorFacts) -> Void

        init(
            _ code: String, _ severity: DoctorFinding.Severity = .problem,
            _ change: @escaping @Sendable (inout DoctorFacts) -> Void
        ) {
            self.code = code
            self.severity = severity
            self.change = change
        }
    }

    private static let breaks: [Break] = [
        Break("configuration-invalid") { $0.configurationFaults = ["corhub.toml:1: unknown key x"] },
        Break("configuration-dangerous", .warning) { $0.dangers = ["dangerous: devices.use_unclaimed"] },
        Break("agent-not-running") { $0.controlSocket = .absent },
        Break("group-missing") { $0.controlSocket = .denied },
        Break("sandbox-missing", .warning) { $0.sandbox = SandboxFindings(missing: [.files]) },
        Break("sandbox-missing", .warning) {
            $0.sandbox = SandboxFindings(missing: Set(SandboxFindings.Wall.allCases))
        },
        Break("udev-rule-missing") { $0.hasUdevRule = false },
        Break("device-node-group") { $0.deviceNodes?[0].isGroupRight = false },
        Break("device-node-group") { $0.deviceNodes?[0].mode = 0o640 },
        Break("owned-by-daemon") { $0.adapter?.owner = .daemon("bluetoothd") },
        Break("owner-hidden") { $0.adapter?.owner = .hidden },
        Break("socket-unavailable") { $0.adapter?.socketFailure = 97 },
        Break("kernel-hazard") { $0.adapter?.kernelRelease = "6.1.0-55-amd64" },
        Break("disk-read-only") { $0.disk?.isReadOnly = true },
        Break("disk-nearly-full") { $0.disk?.usage.availableLength = 1_000_000 },
        Break("disk-nearly-full", .warning) {
            $0.disk?.usage = StorageUsage(usedLength: 3_300_000_000, availableLength: 4_000_000_000)
        },
        Break("disk-worn", .warning) { $0.wearTenths = ["mmcblk0": 9] },
        Break("disk-worn") { $0.wearTenths = ["mmcblk0": 11] },
        Break("store-quarantined", .warning) { $0.damagedStoreCount = 1 },
        Break("clock-not-synchronised", .warning) { $0.clockSync = .never },
        Break("not-enrolled") { $0.enrolment = .absent },
        Break("identity-broken") { $0.enrolment = .broken(reason: "tls.pem is no certificate") },
        Break("certificate-near-end", .warning) { $0.certificates?[0].endMilliseconds = wall + 19 * day },
        Break("certificate-ended") { $0.certificates?[0].endMilliseconds = wall },
        Break("dns-failed") { $0.addresses = [] },
        Break("dns-wrong") { $0.addresses = ["0.0.0.0", "::1"] },
        Break("captive-portal") { $0.probe = .plainHTTP },
        Break("upstream-refuses") { $0.probe = .refused(status: 403) },
        Break("tls-not-trusted") { $0.probe = .failed(.tls(.peerNotTrusted)) },
        Break("tls-wrong-name") { $0.probe = .failed(.tls(.peerNameMismatch)) },
        Break("certificate-refused") { $0.probe = .failed(.tls(.ownCertificateRefused)) },
        Break("tls-failed") { $0.probe = .failed(.tls(.handshakeFailed(reason: "x"))) },
        Break("upstream-unreachable") { $0.probe = .failed(.unreachable(reason: "x")) },
        Break("upstream-unreachable") { $0.probe = .failed(.timedOut(.connect)) },
        Break("upstream-unavailable") { $0.probe = .failed(.unavailable(status: 503)) },
        Break("not-upstream") { $0.probe = .failed(.unexpectedAnswer(reason: "x")) },
    ]

    @Test("Each thing that is broken is found, alone, with what to do", arguments: breaks.indices)
    func broken(index: Int) {
        var facts = Self.sound
        Self.breaks[index].change(&facts)
        let findings = DoctorDiagnosis(of: facts).findings
        #expect(findings.map(\.code) == [Self.breaks[index].code])
        #expect(findings.map(\.severity) == [Self.breaks[index].severity])
        #expect(findings.allSatisfy { !$0.remedy.isEmpty && !$0.message.isEmpty })
    }

    @Test("A clock that stands before 2025 is a problem of its own")
    func clockNotSet() {
        var facts = Self.sound
        facts.certificates = []
        facts.wallMilliseconds = 1_735_689_599_999
        #expect(DoctorDiagnosis(of: facts).findings.map(\.code) == ["clock-not-set"])
        facts.wallMilliseconds += 1
        #expect(DoctorDiagnosis(of: facts).findings == [])
    }

    @Test("What nobody asked for is not missed: no rule without USB, no adapter without BLE")
    func unwanted() {
        var facts = Self.sound
        facts.wantsUSB = false
        facts.wantsBLE = false
        facts.hasUdevRule = false
        facts.adapter?.owner = .daemon("bluetoothd")
        #expect(DoctorDiagnosis(of: facts).findings == [])
        facts.adapter?.kernelRelease = "6.1.0-56-arm64"
        #expect(DoctorDiagnosis(of: facts).findings.map(\.severity) == [.warning])
    }

    @Test("Problems come before warnings")
    func order() {
        var facts = Self.sound
        facts.dangers = ["dangerous"]
        facts.probe = .plainHTTP
        #expect(DoctorDiagnosis(of: facts).findings.map(\.code) == ["captive-portal", "configuration-dangerous"])
    }
}
