import ArgumentParser
import HubAgent
import JSONCoding

/// `corhub enroll --url … --token …`: makes the hub's keys and has the upstream certify them.
struct EnrollHubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hub", abstract: "Enrol this hub with a one-time token. The default.",
        discussion: """
            Examples: corhub enroll --url https://upstream.example:8443 --token -
                      corhub enroll --url https://upstream.example:8443 --token hub-0001.SECRET.AUTHORITY
                      corhub enroll --url … --hub hub-0001 --token SECRET --ca upstream-ca.pem

            The keys are made on this hub and never leave it. The token names the hub and the upstream's authority; it is \
            sent only to a server that was certified by that authority. With "--token -" it is asked for on standard input, \
            so that it does not stand in the shell's history. Interrupted or failed: run the same again.

            Exit status: 0 enrolled, 1 failed, 4 blocked (enrolled already, the token was used), 64 usage, 75 try again, \
            130 interrupted.
            """)

    @Option(help: "The upstream, https://HOST[:PORT].")
    var url: String

    @Option(help: "The one-time token; - reads it from standard input.")
    var token: String

    @Option(help: "This hub's id, where the token does not name it.")
    var hub: String?

    @Option(help: "PEM file of the upstream's certificate authority, received by a trusted way.")
    var ca: String?

    @Option(help: ArgumentHelp("SHA-256 of the authority's certificate in hexadecimal.", valueName: "sha256"))
    var caFingerprint: String?

    @Flag(help: "Enrol a hub that is enrolled already, with new keys and its name.")
    var again = false

    @Option(help: ArgumentHelp("How long to wait for somebody at the upstream to agree.", valueName: "seconds"))
    var wait = 600

    @Option(help: "Folder for the hub's keys and certificates.")
    var identity = "/var/lib/corhub/identity"

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (0...86_400).contains(wait) else { throw ValidationError("--wait is 0 to 86400") }
    }

    func run() async throws {
        let output = CommandOutput(command: "enroll", isJSON: json)
        try await output.run { () async throws(CommandProblem) in
            var wish = HubEnrolment.Wish(
                url: url, token: token == "-" ? (HiddenLine.read("Token: ") ?? "") : token, identityFolder: identity)
            wish.hub = hub
            wish.authorityFile = ca
            wish.fingerprint = caFingerprint
            wish.again = again
            wish.waitLimit = .seconds(wait)
            let narrator = EnrolmentNarrator(isSilent: json)
            let enrolment = HubEnrolment(wish) { narrator.tell($0) }
            let enrolled = try await EnrolmentRun.interruptible { () async throws(EnrolmentFault) in
                try await enrolment.run()
            }
            output.tell([
                "schema": "corhub/enrolment/1", "hub": .string(enrolled.hub),
                "environment": .string(enrolled.environment), "identity": .string(identity),
                "authority_sha256": .string(enrolled.authority.hexadecimalText),
                "certificate_end_ms": .integer(enrolled.certificateEndMilliseconds),
                "key_protection": .string(enrolled.keyProtection),
            ]) {
                [
                    "\(enrolled.hub) is enrolled (\(enrolled.environment)); identity in \(identity)",
                    "its certificates end \(UTCTime.text(milliseconds: enrolled.certificateEndMilliseconds));"
                        + " the agent renews them",
                ]
                    + (enrolled.keyProtection == "file"
                        ? ["the keys are files: for development, see docs/security.md"] : [])
            }
        }
    }
}
