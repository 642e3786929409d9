import ArgumentParser
import JSONCoding
import UpstreamClient

struct InhibitRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Let updates go on.",
        discussion: "Example: corhub inhibit remove \"guests\"")

    @OptionGroup var control: ControlOptions
    @Argument(help: "The name under which it was added.")
    var name: String

    func run() async throws {
        let output = control.output("inhibit remove")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().post("/v1/firmware/inhibits/remove", ["name": .string(name)])
            output.tell(answer) { InhibitCommand.lines(answer) }
        }
    }
}
