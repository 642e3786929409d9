import ArgumentParser
import JSONCoding

struct ReadingListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the readings, the newest first.",
        discussion: "Example: corhub reading list --device COR1-000001 --limit 10")

    @OptionGroup var control: ControlOptions
    @Option(help: "Of this device only.")
    var device: String?
    @Option(help: "At most this many, 1 to 1000.")
    var limit = 50

    func validate() throws {
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit is 1 to 1000") }
    }

    func run() async throws {
        let output = control.output("reading list")
        try await output.run { () async throws(CommandProblem) in
            let chosen = device.map { "&device=\($0.pathSegment)" } ?? ""
            let answer = try await control.client().get("/v1/readings?limit=\(limit)\(chosen)")
            output.tell(answer) {
                guard !answer.list("readings").isEmpty else { return ["no readings yet"] }
                var table = TextTable(["ID", "DEVICE", "SEQ", "RECEIVED", "KIND", "RESULT"])
                for reading in answer.list("readings") {
                    table.add([
                        String(reading.text("record_id").prefix(12)), reading.text("device"),
                        reading.text("sequence"), reading.time("received"), reading.text("kind"),
                        reading.list("results").last?.resultText
                            ?? (reading["awaits_subject"]?.boolValue == true ? "waits for its person" : "-"),
                    ])
                }
                return table.lines
            }
        }
    }
}
