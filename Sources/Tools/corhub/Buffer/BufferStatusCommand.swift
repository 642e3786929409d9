import ArgumentParser
import JSONCoding

struct BufferStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what is kept and what waits.",
        discussion: "Example: corhub buffer status")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("buffer status")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().get("/v1/buffer")
            output.tell(answer) { Self.lines(answer) }
        }
    }

    static func lines(_ answer: JSONValue) -> [String] {
        guard let buffer = answer["buffer"] else { return [] }
        func amount(_ name: String) -> String {
            "\(buffer.text(name, "count")) (\(buffer.text(name, "length")) bytes)"
        }
        return [
            "waiting records      \(amount("pending_records")), oldest \(buffer.time("oldest_pending_record"))",
            "waiting entries      \(amount("pending_entries"))",
            "unreceipted batches  \(amount("batches_without_receipt")), oldest "
                + buffer.time("oldest_batch_without_receipt"),
            "rejected batches     \(amount("batches_rejected"))",
            "stored records       \(amount("records"))",
            "quarantined          \(amount("quarantined"))",
            "database             \(buffer.text("database_length")) bytes, log \(buffer.text("log_length")) bytes",
            "forwarding           \(StatusCommand.forwarding(answer))",
        ] + storageLines(answer["storage"])
    }

    private static func storageLines(_ storage: JSONValue?) -> [String] {
        guard let storage else { return [] }
        // Null until the agent has watched for ten minutes, or where nothing is in sight.
        func rate(_ name: String, _ unit: String) -> String {
            guard case .integer? = storage[name] else { return "not known yet" }
            return "\(storage.text(name)) \(unit)"
        }
        return [
            "storage              \(storage.text("used_length")) of \(storage.text("limit_length")) bytes, pressure "
                + storage.text("pressure"),
            "written              \(storage.text("written_length")) bytes since the start, "
                + rate("written_per_day", "bytes a day"),
            "headroom             \(rate("headroom_hours", "hours at the present rate"))",
        ]
    }
}
