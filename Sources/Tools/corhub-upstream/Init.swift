import ArgumentParser
import FoundationEssentials
import JSONCoding
import UpstreamServer

struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a state folder with a certificate authority.")

    @Argument(help: ArgumentHelp("The folder to make.", valueName: "dir"))
    var path: String

    @Option(help: "The environment that batches and receipts are bound to.")
    var environment = "test"

    @Option(name: .customLong("name"), help: "A DNS name or address of this server; more than one may be given.")
    var names: [String] = ["localhost", "127.0.0.1", "::1"]

    @Option(help: "The region that this server keeps its data in; its certificate names it.")
    var region: String?

    @Option(help: "PEM of an existing authority's certificate.")
    var caCertificate: String?

    @Option(help: "PEM of its P-256 key.")
    var caKey: String?

    @OptionGroup var output: CommandOutput

    func validate() throws {
        guard (caCertificate == nil) == (caKey == nil) else {
            throw ValidationError("--ca-certificate and --ca-key belong together")
        }
        guard (1...64).contains(environment.utf8.count) else {
            throw ValidationError("--environment has 1 to 64 bytes")
        }
    }

    func run() async throws {
        try await reporting {
            var authority: (certificate: String, key: String)?
            if let caCertificate, let caKey { authority = (caCertificate, caKey) }
            let all = names + (region.map { ["urn:corhub:region:\($0)"] } ?? [])
            try StateFolder.create(
                at: path, settings: .init(environment: environment, names: all), authority: authority, now: Date())
            let folder = try StateFolder(opening: path)
            output.write(
                ["state": .string(path), "environment": .string(environment), "ca": .string(folder.authorityPath)],
                text: "made \(path) for environment \(environment); hubs pin \(folder.authorityPath)")
        }
    }
}
