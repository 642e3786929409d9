import ArgumentParser
import CORProtocol

struct ModelInstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Take a signed model into use.",
        discussion: """
            Example: corhub model install synthetic-home-4.cormodel

            Nothing changes unless the model is signed by the configured maker, newer, right about its known runs and within \
            the shift that it declares. Results made before stay; `reading analyze --all` adds the new model's beside them.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The signed model.")
    var file: String

    func run() async throws {
        let output = control.output("model install")
        try await output.run { () async throws(CommandProblem) in
            let message = try InputFile.read(file, lengthMax: CORLimits.signedModelLengthMax)
            let answer = try await control.client().post("/v1/model", body: message)
            output.tell(answer) { ModelCommand.lines(answer) }
        }
    }
}
