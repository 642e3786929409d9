import Glibc
import JSONCoding

/// The folder and the programs of one demonstration: a virtual device, an upstream, an agent.
final class DemoStage {
    let folder: String
    private let programs: String
    private var device: ChildProcess?
    private var upstream: ChildProcess?
    private var agent: ChildProcess?
    private var upstreamAddress = "127.0.0.1:0"

    static let hub = "hub-demo"

    /// - Parameter programs: the folder with corhub, corone-sim and corhub-upstream.
    init(folder: String, programs: String) {
        self.folder = folder
        self.programs = programs
    }

    var socket: String { "\(folder)/control.sock" }

    func startDevice(speed: Int, seed: Int) throws(CommandProblem) -> (address: String, serial: String) {
        try run("corone-sim", ["make-ca", "\(folder)/device-ca"])
        let device = try start(
            "corone-sim",
            [
                "--control", "--port", "0", "--device-ca", "\(folder)/device-ca", "--state", "\(folder)/device",
                "--speed", "\(speed)", "--seed", "\(seed)", "--auto-button",
            ])
        self.device = device
        return try device.awaitLine(within: 20, "its ready line") { line in
            guard let event = JSONValue(ifSound: Array(line.utf8)), event["event"]?.stringValue == "ready",
                let port = event["port"]?.integerValue, let serial = event["serial"]?.stringValue
            else { return nil }
            return ("udp://127.0.0.1:\(port)", serial)
        }
    }

    func startUpstream() throws(CommandProblem) -> String {
        if upstreamAddress == "127.0.0.1:0" {
            try run("corhub-upstream", ["init", "\(folder)/upstream", "--environment", "demo"])
        }
        let upstream = try start(
            "corhub-upstream",
            [
                "serve", "--state", "\(folder)/upstream", "--listen", upstreamAddress, "--device-ca",
                "\(folder)/device-ca/device-ca.pem", "--json",
            ])
        self.upstream = upstream
        let url = try upstream.awaitLine(within: 20, "its ready line") { line -> String? in
            guard let event = JSONValue(ifSound: Array(line.utf8)), event["event"]?.stringValue == "ready" else {
                return nil
            }
            return event["url"]?.stringValue
        }
        // The same port after an outage, as a real upstream would have.
        upstreamAddress = String(url.dropFirst("https://".count))
        return url
    }

    /// Cuts the upstream off as a power cut would.
    func cutUpstream() {
        upstream?.end(with: SIGKILL)
        upstream = nil
    }

    func enrol(url: String) throws(CommandProblem) {
        let tokens = try start(
            "corhub-upstream", ["token", "create", Self.hub, "--state", "\(folder)/upstream", "--json"])
        let token = try tokens.awaitLine(within: 20, "the token") { line in
            JSONValue(ifSound: Array(line.utf8))?["token"]?.stringValue
        }
        tokens.end(with: 0)
        let enrolment = try start(
            "corhub",
            [
                "enroll", "--url", url, "--hub", Self.hub, "--token", "-", "--ca", "\(folder)/upstream/ca.pem",
                "--identity", "\(folder)/hub/identity", "--json",
            ])
        enrolment.send(line: token)
        try enrolment.awaitLine(within: 20, "the certificates") { line in
            JSONValue(ifSound: Array(line.utf8))?["hub"] == nil ? nil : ()
        }
        enrolment.end(with: 0)
    }

    func startAgent(deviceAddress: String) throws(CommandProblem) {
        let configuration = """
            [hub]
            state_directory = "\(folder)/hub"
            subject = "subject-demo"

            [control]
            socket = "\(socket)"

            [devices]
            links = ["\(deviceAddress)"]
            trust_anchors = "\(folder)/device-ca"
            poll_interval = "5s"

            [forwarding]
            linger = "300ms"
            retry_shortest = "1s"
            retry_longest = "2s"

            [retention]
            records = "0s"

            """
        try Self.write(configuration, to: "\(folder)/corhub.toml")
        agent = try start("corhub", ["run", "--config", "\(folder)/corhub.toml"])
    }

    /// Has the device measure: 30 minutes in a few seconds.
    func measure(artefact: String, seed: Int) throws(CommandProblem) {
        device?.send(line: "{\"do\":\"run\",\"artefact\":\"\(artefact)\",\"minutes\":30,\"seed\":\(seed)}")
    }

    func stop() {
        agent?.end(with: SIGTERM)
        device?.end(with: SIGTERM)
        upstream?.end(with: SIGTERM)
    }

    func path(of program: String) -> String { "\(programs)/\(program)" }

    private func start(_ program: String, _ arguments: [String]) throws(CommandProblem) -> ChildProcess {
        try ChildProcess(path(of: program), arguments, log: "\(folder)/\(program).log")
    }

    /// Runs to its end, which closes its output.
    private func run(_ program: String, _ arguments: [String]) throws(CommandProblem) {
        let child = try start(program, arguments)
        do throws(CommandProblem) {
            try child.awaitLine(within: 20, "its end") { _ in nil as Void? }
        } catch {
            guard error.code == ChildProcess.endedCode else { throw error }
        }
        child.end(with: 0)
    }

    private static func write(_ text: String, to path: String) throws(CommandProblem) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandProblem(.failed, code: "file", "\(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw CommandProblem(.failed, code: "file", "\(path) cannot be written")
        }
    }
}
