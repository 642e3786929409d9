import ArgumentParser
import HubAgent

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "The agent's configuration: what may stand in it, and what does.",
        subcommands: [ConfigCheckCommand.self, ConfigShowCommand.self, ConfigDocsCommand.self])

    static let defaultFile = "/etc/corhub/corhub.toml"

    /// Reads a file with its drop-ins; what cannot be read at all is a problem of its own.
    static func read(_ file: String) throws(CommandProblem) -> ConfigurationReport {
        do throws(ConfigurationFault) {
            return ConfigurationReport(try ConfigurationLoader.read(file: file))
        } catch {
            throw CommandProblem(.notFound, code: "not-readable", error.description)
        }
    }
}
