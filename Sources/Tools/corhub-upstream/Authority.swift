import ArgumentParser
import FoundationEssentials
import JSONCoding
import UpstreamServer

struct Authority: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "The certificate authority of this upstream.", subcommands: [Roll.self])

    struct Roll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an authority that follows the present one.",
            discussion: """
                Old and new vouch for each other, and hubs learn of the new one by the old one's word, however late they come \
                back, until the old one ends. Start the server again afterwards.
                """)

        @Option(help: "PEM of the new authority's certificate, with the name of the present one; made here by default.")
        var caCertificate: String?

        @Option(help: "PEM of its P-256 key.")
        var caKey: String?

        @OptionGroup var state: StateOption
        @OptionGroup var output: CommandOutput

        func validate() throws {
            guard (caCertificate == nil) == (caKey == nil) else {
                throw ValidationError("--ca-certificate and --ca-key belong together")
            }
        }

        func run() async throws {
            try await reporting {
                var given: (certificate: String, key: String)?
                if let caCertificate, let caKey { given = (caCertificate, caKey) }
                try StateFolder(opening: state.path).rollOver(to: given, now: Date(milliseconds: systemClock()))
                let folder = try StateFolder(opening: state.path)
                output.write(
                    ["ca": .string(folder.authorityPath), "number": .integer(Int64(folder.settings.authorityNumber))],
                    text: "\(folder.authorityPath) issues now; start the server again")
            }
        }
    }
}
