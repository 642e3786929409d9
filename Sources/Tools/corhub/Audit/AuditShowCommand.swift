import ArgumentParser
import JSONCoding

struct AuditShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show audit entries, the newest last.",
        discussion: "Examples: corhub audit show --limit 20; corhub audit show --from 1")

    @OptionGroup var control: ControlOptions
    @Option(help: "From this sequence on; without it the newest entries.")
    var from: UInt64?
    @Option(help: "At most this many, 1 to 1000.")
    var limit = 50

    func validate() throws {
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit is 1 to 1000") }
    }

    func run() async throws {
        let output = control.output("audit show")
        try await output.run { () async throws(CommandProblem) in
            let client = try control.client()
            var first = from
            if first == nil {
                let head = try await client.get("/v1/audit?limit=1")["head"]?["sequence"]?.integerValue ?? 0
                first = UInt64(max(1, head - Int64(limit) + 1))
            }
            let answer = try await client.get("/v1/audit?from=\(first ?? 1)&limit=\(limit)")
            output.tell(answer) {
                var table = TextTable(["SEQ", "TIME", "TYPE", "OUTCOME", "SUBJECT", "DETAIL"])
                for entry in answer.list("entries") {
                    table.add([
                        entry.text("sequence"), entry.time("time"), entry.text("type"), entry.text("outcome"),
                        entry.text("subject"), entry.text("detail"),
                    ])
                }
                return table.lines
            }
        }
    }
}
