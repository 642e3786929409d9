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

    @Option(help: "The configuration file.", completion: .file())
    var config = "/etc/corhub/corhub.toml"

    @Option(help: "The least that is logged; it goes before log.level of the configuration.")
    var logLevel: LogLevel?

    func run() async throws {
        try await CommandOutput(command: "run", isJSON: false).run { () async throws(CommandProblem) in
            do throws(AgentFault) {
                let loaded = try Self.load(config)
                let log = LogSettings(fixed: logLevel, configured: loaded.configuration.logLevel)
                let journal = JournalSocket.wanted(by: loaded.configuration.logFormat)
                let logger = Logger(label: "corhub") {
                    AgentLogHandler(label: $0, settings: log, journal: journal)
                }
                try await HubAgent(
                    configuration: loaded.configuration, file: config, log: log, logger: logger
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

extension LogLevel: ExpressibleByArgument {}
