import ArgumentParser

struct ModelStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show which model is in use.", discussion: "Example: corhub model status")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("model status")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().get("/v1/model")
            output.tell(answer) { ModelCommand.lines(answer) }
        }
    }
}
