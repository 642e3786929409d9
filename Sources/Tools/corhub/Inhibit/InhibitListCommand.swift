import ArgumentParser
import JSONCoding
import UpstreamClient

struct InhibitListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show what holds updates back.",
        discussion: "Example: corhub inhibit list")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("inhibit list")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().get("/v1/firmware/inhibits")
            output.tell(answer) { InhibitCommand.lines(answer) }
        }
    }
}
