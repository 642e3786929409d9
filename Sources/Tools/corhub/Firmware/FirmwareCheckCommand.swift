import ArgumentParser
import JSONCoding

struct FirmwareCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read the repository's metadata now.",
        discussion: """
            Example: corhub firmware check

            The agent does it by itself once a day. Whatever comes of it, what devices run and what is being installed goes on.

            Exit status: 0 up to date, 1 refused (the metadata are not to be trusted), 2 no repository is configured, \
            75 not reached, try again.
            """)

    /// One file may take ten minutes on a slow line.
    private static let waitLimit = Duration.seconds(1_800)
    private static let lookInterval = Duration.milliseconds(100)
    /// What a server or a line has done, and nobody has signed.
    private static let passing = ["unreachable", "download-status", "slow-retrieval", "storage"]

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("firmware check")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await checked(by: try control.client())
            output.tell(answer) { FirmwareText.lines(answer) }
        }
    }

    /// Asks the agent, and waits until a check has ended.
    private func checked(by client: ControlClient) async throws(CommandProblem) -> JSONValue {
        let before = try await client.post("/v1/releases/check")["check_count"]?.integerValue ?? 0
        let deadline = ContinuousClock.now + Self.waitLimit
        while ContinuousClock.now < deadline {
            let answer = try await client.get("/v1/releases")
            if answer["check_count"]?.integerValue ?? 0 > before {
                guard let failure = answer["last_check"]?["failure"], !failure.isNull else { return answer }
                let code = failure["code"]?.stringValue ?? "failed"
                throw CommandProblem(
                    Self.passing.contains(code) ? .temporary : .failed, code: code,
                    "\(failure.text("message")); devices keep what they run")
            }
            do {
                try await Task.sleep(for: Self.lookInterval)
            } catch {
                throw CommandProblem(.interrupted, code: "interrupted", "interrupted; the agent goes on")
            }
        }
        throw CommandProblem(.temporary, code: "no-answer", "the check has not ended; the agent goes on")
    }
}
