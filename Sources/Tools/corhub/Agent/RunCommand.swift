import ArgumentParser
import CORProtocol
import HubAgent
import Logging

/// `corhub run`: the agent in the foreground.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the agent in the foreground.",
        discussion: """
            Example: corhub run --config /etc/corhub/corhub.toml

            Ends on SIGTERM or SIGINT. Whatever was acknowledged to a device is durable by then. Exit status: 0 ended as \
            asked, 1 failed, 4 blocked (not enrolled, another agent runs), 64 configuration, 75 disk full.
            """)

    @Option(help: "The configuration file.")
    var config = "/etc/corhub/corhub.toml"

    @Option(help: "What to log: trace, debug, info, notice, warning, error.")
    var logLevel = "info"

    func validate() throws {
        guard Logger.Level(rawValue: logLevel) != nil else { throw ValidationError("--log-level knows no \(logLevel)") }
    }

    func run() async throws {
        let level = Logger.Level(rawValue: logLevel) ?? .info
        try await CommandOutput(command: "run", isJSON: false).run { () async throws(CommandProblem) in
            do throws(AgentFault) {
                let loaded = try Self.load(config)
                var logger = Logger(label: "corhub") { StreamLogHandler.standardError(label: $0) }
                logger.logLevel = level
                try await HubAgent(
                    configuration: loaded.configuration, configurationHash: loaded.hash, logger: logger
                ).run()
            } catch {
                throw CommandProblem(
                    ExitStatus(rawValue: error.exitStatus) ?? .failed, code: "agent-stopped", error.description)
            }
        }
    }

    private static func load(_ file: String) throws(AgentFault) -> LoadedConfiguration {
        do {
            return try ConfigurationLoader.load(file: file)
        } catch {
            throw .configuration(error)
        }
    }
}
