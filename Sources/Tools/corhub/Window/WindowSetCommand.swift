import ArgumentParser
import JSONCoding
import UpstreamClient

struct WindowSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set the maintenance window.",
        discussion: """
            Examples: corhub window set "mon-fri 02:00-05:00"
                      corhub window set "sat,sun 22:00-04:00"
                      corhub window set anytime
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "Days and times, as \"daily 02:00-05:00\"; or \"anytime\".")
    var window: String

    func run() async throws {
        let output = control.output("window set")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().post(
                "/v1/firmware/window", ["window": window == "anytime" ? .null : .string(window)])
            output.tell(answer) { WindowCommand.lines(answer) }
        }
    }
}
