import ArgumentParser
import JSONCoding

struct BufferFlushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flush", abstract: "Send what waits now, without waiting for company or for a delay to end.",
        discussion:
            "Example: corhub buffer flush --wait 60. Exit status: 0 everything has its receipt, 2 nothing waited, 75 something still waits."
    )

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
