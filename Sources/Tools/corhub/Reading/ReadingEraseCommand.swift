import ArgumentParser
import Glibc
import JSONCoding

struct ReadingEraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Take the content of a person's readings away; hashes and the audit trail stay.",
        discussion: """
            Example: corhub reading erase --subject subject-0001

            Records, results, refused records of the same devices and the batches that carry them lose their content on this \
            hub. What never went upstream is named there as a gap (erased); the audit entries with the next batch tell \
            upstream of it, which has copies of its own. What lies in a batch under way goes when its receipt is there. \
            Readings that come later are not touched. Repeating it is harmless; interrupting it leaves it to the agent.
            Exit status: 0 erased, 2 nothing is stored of this subject, 5 without a yes.
            """)

    @OptionGroup var control: ControlOptions
    @Option(help: "The opaque id of the person.")
    var subject: String
    @Flag(help: "Do not ask.")
    var yes = false

    func validate() throws {
        guard (1...64).contains(subject.utf8.count) else { throw ValidationError("--subject is 1 to 64 bytes") }
    }

    func run() async throws {
        let output = control.output("reading erase")
        try await output.runToStatus { () async throws(CommandProblem) in
            let client = try control.client()
            let target = "/v1/readings/erasure?subject=\(subject.queryValue)"
            let found = try await client.get(target)
            guard ["records", "results", "waiting"].contains(where: { (found[$0]?.integerValue ?? 0) > 0 }) else {
                output.tell(found) { ["nothing is stored of \(subject.printable)"] }
                return .nothingToDo
            }
            try confirm(found)
            let done = try await client.post(target)
            output.tell(done) { Self.lines(done) }
            return .done
        }
    }

    private func confirm(_ found: JSONValue) throws(CommandProblem) {
        if yes { return }
        let question =
            "\(found.text("records")) readings and \(found.text("results")) results of \(subject.printable) lose their "
            + "content for good, and \(found.text("waiting")) once their batch has its receipt"
        guard !control.json, isatty(STDIN_FILENO) == 1 else {
            throw CommandProblem(.needsConfirmation, code: "needs-confirmation", question + ": say --yes")
        }
        StandardStreams.printError(question + ". Type yes: ")
        guard readLine() == "yes" else {
            throw CommandProblem(.needsConfirmation, code: "needs-confirmation", "nothing was erased")
        }
    }

    private static func lines(_ done: JSONValue) -> [String] {
        var lines = [
            "\(done.text("records")) readings, \(done.text("results")) results, \(done.text("batches")) batches and "
                + "\(done.text("refused")) refused records lost their content"
        ]
        if let waiting = done["waiting"]?.integerValue, waiting > 0 {
            lines.append("\(waiting) more lie in a batch under way and go when its receipt is there")
        }
        for folder in done.list("stores_set_aside").compactMap(\.stringValue) {
            lines.append("\(folder.printable) is a damaged store that may hold such readings: remove it if so")
        }
        return lines
    }
}
