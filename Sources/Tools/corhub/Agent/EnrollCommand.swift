import ArgumentParser
import HubAgent
import JSONCoding

/// `corhub enroll`: makes the hub's keys and has the upstream certify them.
struct EnrollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll", abstract: "Enrol this hub at its upstream with a one-time token.",
        discussion: """
            Example: corhub enroll --url https://upstream.example:8443 --hub hub-0001 --token TOKEN --ca upstream-ca.pem

            The keys are made on this hub and never leave it. The token is asked for on standard input where --token
            is "-", so that it need not stand in the shell's history.
            """)

    @Option(help: "The upstream, https://HOST[:PORT].")
    var url: String

    @Option(help: "This hub's id, as the token was made for.")
    var hub: String

    @Option(help: "The one-time token; - reads it from standard input.")
    var token: String

    @Option(help: "PEM file of the upstream's certificate authority, received by a trusted way.")
    var ca: String

    @Option(help: "Folder for the hub's keys and certificates.")
    var identity = "/var/lib/corhub/identity"

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let output = CommandOutput(command: "enroll", isJSON: json)
        try await output.run { () async throws(CommandProblem) in
            let secret = token == "-" ? (readLine() ?? "") : token
            let enrolment = HubEnrolment(url: url, hub: hub, token: secret, authorityFile: ca, identityFolder: identity)
            do throws(EnrolmentFault) {
                let enrolled = try await enrolment.run()
                output.tell([
                    "schema": "corhub/enrolment/1", "hub": .string(enrolled.hub),
                    "environment": .string(enrolled.environment), "identity": .string(identity),
                ]) {
                    ["\(enrolled.hub) is enrolled (\(enrolled.environment)); identity in \(identity)"]
                }
            } catch {
                let status: ExitStatus =
                    switch error.kind {
                    case .usage: .usage
                    case .failed: .failed
                    case .temporary: .temporary
                    }
                throw CommandProblem(status, code: error.code, error.message)
            }
        }
    }
}
