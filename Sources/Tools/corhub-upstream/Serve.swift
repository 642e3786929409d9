import ArgumentParser
import JSONCoding
import Logging
import ServiceLifecycle
import UnixSignals
import UpstreamServer
import X509

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Receive batches until SIGTERM or SIGINT.")

    @OptionGroup var state: StateOption

    @Option(help: ArgumentHelp("Where to listen; port 0 lets the system choose.", valueName: "host:port"))
    var listen = ListenAddress(host: "127.0.0.1", port: 8443)

    @Option(
        name: .customLong("device-ca"),
        help: ArgumentHelp("PEM of a maker's device authority; more than one may be given.", valueName: "file"))
    var deviceAuthorities: [String] = []

    @Option(help: ArgumentHelp("A firmware repository to serve below /firmware/.", valueName: "dir"))
    var firmware: String?

    @Option(help: "The environment; refused if the state folder was made for another.")
    var environment: String?

    @Option(help: ArgumentHelp("How long behind its end a hub's certificate may be renewed.", valueName: "days"))
    var graceDays = 365

    @Flag(help: "Log requests and errors to standard error.")
    var verbose = false

    @OptionGroup var output: CommandOutput

    func validate() throws {
        guard (0...3650).contains(graceDays) else { throw ValidationError("--grace-days is 0 to 3650") }
    }

    func run() async throws {
        try await reporting {
            let folder = try StateFolder(opening: state.path)
            if let environment, environment != folder.settings.environment {
                throw ValidationError("\(state.path) was made for environment \(folder.settings.environment)")
            }
            var configuration = UpstreamConfiguration(
                host: listen.host, port: listen.port,
                deviceAnchors: try deviceAuthorities.flatMap { try StateFolder.readCertificates($0) })
            configuration.firmwareRepository = firmware
            configuration.certificateGrace = .seconds(graceDays * 86_400)
            let service = try UpstreamService(
                folder: folder, configuration: configuration, logger: logger
            ) { [output, listen] port in
                let url = ListenAddress(host: listen.host, port: port).url
                output.write(
                    ["event": "ready", "url": .string(url), "environment": .string(folder.settings.environment)],
                    text: "ready: \(url), environment \(folder.settings.environment)")
            }
            let group = ServiceGroup(
                services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            try await group.run()
        }
    }

    private var logger: Logger {
        var logger = Logger(label: "corhub-upstream") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = verbose ? .debug : .critical
        return logger
    }
}

/// A host and a port, as `127.0.0.1:8443` or `[::1]:8443`.
struct ListenAddress: ExpressibleByArgument, CustomStringConvertible {
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...])
        else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    var url: String { "https://\(description)" }
}
