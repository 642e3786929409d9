import ArgumentParser
import JSONCoding

struct BufferNewEpochCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-epoch", abstract: "Where forwarding is blocked: let this hub's history go on in a new epoch.",
        discussion: """
            Example: corhub buffer new-epoch --yes

            Forwarding is blocked where the upstream knows a newer life of this hub: its disk was copied, or restored twice. \
            First make sure that no other machine runs with this hub's identity; then this one may go on. Nothing is lost: \
            what has no receipt is sent again under the same ids.
            Exit status: 0 begun, 2 forwarding is not blocked, 5 without --yes.
            """)

    @OptionGroup var control: ControlOptions
    @Flag(help: "No other machine runs with this hub's identity.")
    var yes = false

    func run() async throws {
        let output = control.output("buffer new-epoch")
        try await output.run { () async throws(CommandProblem) in
            guard yes else {
                throw CommandProblem(
                    .needsConfirmation, code: "needs-confirmation",
                    "make sure that no other machine runs with this hub's identity, then say --yes")
            }
            let answer = try await control.client().post("/v1/buffer/new-epoch")
            output.tell(answer) { ["a new epoch begins; `corhub buffer status` shows how it goes on"] }
        }
    }
}
