import ArgumentParser
import HubAgent
import JSONCoding

/// `corhub enroll renew`: renews now.
struct EnrollRenewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Renew the hub's certificates and keys now.",
        discussion: """
            Examples: corhub enroll renew
                      corhub enroll renew --identity /var/lib/corhub/identity      without an agent

            The agent does it by itself after half of the certificates' life. New keys are made where the keys are files; keys \
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
                report = try await EnrolmentRun.interruptible { () async throws(EnrolmentFault) in
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
                let isRefused = report["renewal"]?["state"]?.stringValue == "refused"
                throw CommandProblem(
                    isRefused ? .failed : .temporary, code: "not-renewed", "\(reason.printable); the agent tries again")
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
