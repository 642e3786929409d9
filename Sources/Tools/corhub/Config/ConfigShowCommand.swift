import ArgumentParser
import HubAgent

/// `corhub config show`: the values that a start would use.
struct ConfigShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show each value, and the file and line that it comes from.",
        discussion: """
            The files are read now: a running agent may still use older values, and `corhub status` says so then. Values \
            about a person are not shown.

            Example: corhub config show | grep -v '# default'
            """)

    @Argument(help: "The file; its drop-ins are read as well.", completion: .file())
    var file = ConfigCommand.defaultFile

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let output = CommandOutput(command: "config show", isJSON: json)
        try await output.run { () async throws(CommandProblem) in
            let report = try ConfigCommand.read(file)
            if let fault = report.faults.first {
                throw CommandProblem(.usage, code: "configuration-invalid", fault.description)
            }
            output.tell(report.showJSON) { report.lines }
        }
    }
}
