import ArgumentParser
import JSONCoding
import UpstreamClient

struct WindowShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the maintenance window, and whether it is open.",
        discussion: "Example: corhub window show")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("window show")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().get("/v1/firmware/window")
            output.tell(answer) { WindowCommand.lines(answer) }
        }
    }
}
