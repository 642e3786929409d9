import ArgumentParser

struct FirmwareListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the releases that the repository offers, and how fresh its metadata are.",
        discussion: "Example: corhub firmware list")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("firmware list")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().get("/v1/releases")
            output.tell(answer) { FirmwareText.lines(answer) }
        }
    }
}
