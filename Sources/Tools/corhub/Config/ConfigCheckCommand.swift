import ArgumentParser
import HubAgent

/// `corhub config check`: whether the agent would start with it.
struct ConfigCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Judge a configuration without starting the agent.",
        discussion: """
            Every fault is told with file and line, and dangerous settings are called out. Exit status: 0 sound, 3 a file \
            cannot be read, 64 faults.

            Example: corhub config check /etc/corhub/corhub.toml
            """)

    @Argument(help: "The file; its drop-ins, corhub.d/*.toml for corhub.toml, are read as well.", completion: .file())
    var file = ConfigCommand.defaultFile

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let output = CommandOutput(command: "config check", isJSON: json)
        try await output.runToStatus { () async throws(CommandProblem) in
            let report = try ConfigCommand.read(file)
            output.tell(report.checkJSON) {
                report.dangers + (report.isSound ? ["\(file) is sound"] : [])
            }
            if !json { report.faults.forEach { StandardStreams.printErrorLine($0.description) } }
            return report.isSound ? .done : .usage
        }
    }
}
