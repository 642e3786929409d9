import ArgumentParser
import JSONCoding

struct ReadingAssignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assign", abstract: "Say whose a waiting reading is; its result is made then.",
        discussion: """
            Example: corhub reading assign 8a1f6d02 subject-0001

            Once only: a result never changes hands. Exit status: 0 done, 2 it belongs to a person already, or its raw data \
            are gone, 3 no such reading.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The record id, or its first 8 digits and more.")
    var id: String
    @Argument(help: "Opaque id of the person, 1 to 64 bytes; no name.")
    var subject: String

    func run() async throws {
        let output = control.output("reading assign")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().post(
                "/v1/readings/\(id.pathSegment)/assign", ["subject": .string(subject)])
            output.tell(answer) { ["assigned; `corhub reading show \(id.pathSegment)` shows its result"] }
        }
    }
}
