import ArgumentParser
import JSONCoding
import UpstreamClient

struct BufferCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "buffer", abstract: "What is kept on this hub, and what waits to go upstream.",
        subcommands: [
            BufferStatusCommand.self, BufferFlushCommand.self, BufferVerifyCommand.self, BufferExportCommand.self,
        ])
}

struct BufferStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what is kept and what waits.")

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
        ]
    }
}

struct BufferFlushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flush", abstract: "Send what waits now, without waiting for company or for a delay to end.",
        discussion: "Exit status: 0 everything has its receipt, 2 nothing waited, 75 something still waits.")

    @OptionGroup var control: ControlOptions
    @Option(help: "Wait this many seconds for the receipts, 0 to 3600.")
    var wait = 10

    func validate() throws {
        guard (0...3_600).contains(wait) else { throw ValidationError("--wait is 0 to 3600 seconds") }
    }

    func run() async throws {
        let output = control.output("buffer flush")
        try await output.runToStatus { () async throws(CommandProblem) in
            let client = try control.client()
            let before = try await client.get("/v1/buffer")
            guard Self.waitingCount(before) > 0 else {
                output.tell(before) { ["nothing waits"] }
                return .nothingToDo
            }
            var answer = try await client.post("/v1/buffer/flush")
            let deadline = ContinuousClock.now + .seconds(wait)
            while Self.waitingCount(answer) > 0, ContinuousClock.now < deadline {
                do {
                    try await Task.sleep(for: .milliseconds(100))
                } catch {
                    break  // Interrupted: the agent goes on sending.
                }
                answer = try await client.get("/v1/buffer")
            }
            let left = Self.waitingCount(answer)
            output.tell(answer) { left == 0 ? ["everything has its receipt"] : BufferStatusCommand.lines(answer) }
            return left == 0 ? .done : .temporary
        }
    }

    /// Entries of the audit trail follow each flush and travel with the next batch, so they do not count.
    private static func waitingCount(_ answer: JSONValue) -> Int64 {
        let buffer = answer["buffer"]
        return ["pending_records", "batches_without_receipt"].reduce(0) { count, name in
            count + (buffer?[name]?["count"]?.integerValue ?? 0)
        }
    }
}

struct BufferVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every stored row, the audit chain and the batch chain.",
        discussion: "Exit status 1 when damage was found.")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("buffer verify")
        try await output.runToStatus { () async throws(CommandProblem) in
            let bar = ProgressBarBox()
            let report = ReportBox()
            try await control.client().lines(HTTPRequest(.post, "/v1/buffer/verify")) { line in
                switch line.text("event") {
                case "progress": bar.update(line)
                default: report.keep(line)
                }
                return true
            }
            bar.end()
            guard let found = report.value else {
                throw CommandProblem(.failed, code: "agent-answer", "the agent ended before its report")
            }
            output.tell(found) {
                [
                    "\(found.text("rows")) rows, \(found.text("payloads")) payloads, "
                        + "\(found.text("audit_entries")) audit entries, \(found.text("batches")) batches: "
                        + (found.text("sound") == "yes" ? "all sound" : "DAMAGED")
                ] + found.list("damages").compactMap(\.stringValue)
            }
            return found["sound"]?.boolValue == true ? .done : .failed
        }
    }
}
