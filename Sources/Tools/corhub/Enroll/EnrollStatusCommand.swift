import ArgumentParser
import HubAgent
import JSONCoding

/// `corhub enroll status`: the certificates, and when they are renewed.
struct EnrollStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the hub's certificates and their renewal.",
        discussion: """
            Examples: corhub enroll status
                      corhub enroll status --identity /var/lib/corhub/identity     without an agent

            Exit status: 0 enrolled, 4 not enrolled or an unusable identity, 75 no agent answers.
            """)

    @Option(help: "Folder of keys and certificates; then no agent is asked.")
    var identity: String?

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("enroll status")
        try await output.run { () async throws(CommandProblem) in
            let report: JSONValue
            if let identity {
                do throws(EnrolmentFault) {
                    report = try EnrolmentReport(identityFolder: identity).json
                } catch {
                    throw CommandProblem(error)
                }
            } else {
                report = try await control.client().get("/v1/enrolment")
            }
            output.tell(report) { EnrolmentText.lines(report) }
        }
    }
}

/// `corhub enroll renew`: renews now.
struct EnrollRenewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Renew the hub's certificates and keys now.",
        discussion: """
            Examples: corhub enroll renew
                      corhub enroll renew --identity /var/lib/corhub/identity      without an agent

            The agent does it by itself after half of the certificates' life. New keys are made where the keys are files; keys
            that are credentials get new certificates.

            Exit status: 0 renewed, 1 refused, 4 not enrolled, 75 try again.
            """)

    /// A renewal takes less than a second where the upstream answers; time-outs add up to this.
    private static let waitLimit = Duration.seconds(180)
    private static let lookInterval = Duration.milliseconds(200)

    @Option(help: "Folder of keys and certificates; then no agent is asked.")
    var identity: String?

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("enroll renew")
        try await output.run { () async throws(CommandProblem) in
            let report: JSONValue
            if let identity {
                report = try await Interruptible.run { () async throws(EnrolmentFault) in
                    try await EnrolmentReport.renewing(identityFolder: identity).json
                }
            } else {
                report = try await renewed(by: try control.client())
            }
            output.tell(report) { EnrolmentText.lines(report) }
        }
    }

    /// Asks the agent, and waits until its attempt has ended.
    private func renewed(by client: ControlClient) async throws(CommandProblem) -> JSONValue {
        let before = try await client.get("/v1/enrolment")["renewal"]?["attempts"]?.integerValue ?? 0
        _ = try await client.post("/v1/enrolment/renew")
        let deadline = ContinuousClock.now + Self.waitLimit
        while ContinuousClock.now < deadline {
            let report = try await client.get("/v1/enrolment")
            let attempts = report["renewal"]?["attempts"]?.integerValue ?? 0
            if attempts > before {
                guard let reason = report["renewal"]?["reason"]?.stringValue else { return report }
                throw CommandProblem(.temporary, code: "not-renewed", "\(reason.printable); the agent tries again")
            }
            do {
                try await Task.sleep(for: Self.lookInterval)
            } catch {
                throw CommandProblem(.interrupted, code: "interrupted", "interrupted; the agent goes on")
            }
        }
        throw CommandProblem(.temporary, code: "not-renewed", "the renewal still runs")
    }
}

/// An enrolment's state as people read it.
enum EnrolmentText {
    static func lines(_ report: JSONValue) -> [String] {
        var lines = [
            "hub         \(text(report, "hub")) (\(text(report, "environment")))",
            "upstream    \(text(report, "upstream"))",
        ]
        for certificate in report["certificates"]?.arrayValue ?? [] {
            let renewal = certificate["renewal_ms"]?.integerValue.map {
                ", renewed from \(UTCTime.text(milliseconds: $0)) on"
            }
            lines.append(
                "\(padded(text(certificate, "use")))valid until \(time(certificate, "end_ms"))\(renewal ?? "")"
                    + ", key: \(text(certificate, "key_protection"))")
        }
        for authority in report["authorities"]?.arrayValue ?? [] {
            lines.append(
                "authority   \(text(authority, "sha256").prefix(16))…, until \(time(authority, "end_ms"))")
        }
        if report["renewal"]?["state"]?.stringValue == "retrying" {
            lines.append("renewal     fails: \(text(report["renewal"] ?? .null, "reason")); it is tried again")
        }
        if report["key_protection"]?.stringValue == "file" {
            lines.append("keys        in files: for development, see docs/security.md")
        }
        return lines
    }

    private static func text(_ value: JSONValue, _ name: String) -> String {
        value[name]?.stringValue?.printable ?? "?"
    }

    private static func time(_ value: JSONValue, _ name: String) -> String {
        value[name]?.integerValue.map { UTCTime.text(milliseconds: $0) } ?? "?"
    }

    private static func padded(_ word: String) -> String {
        word + String(repeating: " ", count: max(1, 12 - word.count))
    }
}
