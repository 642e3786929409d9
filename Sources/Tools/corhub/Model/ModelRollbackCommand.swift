import ArgumentParser

struct ModelRollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Go back to the model before the last installation.",
        discussion: """
            Example: corhub model rollback

            Exit status: 0 done, 2 there is nothing to go back to.
            """)

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("model rollback")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().post("/v1/model/rollback")
            output.tell(answer) { ModelCommand.lines(answer) }
        }
    }
}
