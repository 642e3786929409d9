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
