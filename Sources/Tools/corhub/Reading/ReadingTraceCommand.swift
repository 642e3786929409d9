import ArgumentParser
import JSONCoding

struct ReadingTraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Prove one reading: from the device's signature to the upstream's receipt.",
        discussion: """
            Example: corhub reading trace 3f9c2a417b06

            Every step is checked again from the stored bytes. Exit status 1 when a step is broken.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The record id, or its first 8 digits and more.")
    var id: String

    func run() async throws {
        let output = control.output("reading trace")
        try await output.runToStatus { () async throws(CommandProblem) in
            let trace = try await control.client().get("/v1/readings/\(id.pathSegment)/trace")
            output.tell(trace) { Self.lines(trace) }
            let broken = trace.list("checks").filter { $0.text("outcome") == "broken" }
            return broken.isEmpty ? .done : .failed
        }
    }

    static func lines(_ trace: JSONValue) -> [String] {
        var lines = ReadingShowCommand.lines(trace["reading"] ?? .null)
        if let passage = trace["record_passage"], passage != .null {
            let batch = passage["batch"] ?? .null
            lines.append(
                "batch      \(batch.text("epoch"))/\(batch.text("sequence")), leaf \(passage.text("leaf_index"))")
            lines.append("           SHA-256 \(batch.text("hash"))")
            if let receipt = passage["receipt"], receipt != .null {
                let time = receipt["upstream_ms"]?.integerValue.map(UTCTime.text(milliseconds:)) ?? "-"
                lines.append("receipt    \(receipt.text("status")) at \(time), log \(receipt.text("log_id"))")
            } else {
                lines.append("receipt    none yet")
            }
        } else {
            lines.append("batch      none yet")
        }
        lines.append("")
        for check in trace.list("checks") {
            let mark =
                switch check.text("outcome") {
                case "holds": "✓"
                case "broken": "✗"
                default: "·"
                }
            lines.append("\(mark) \(check.text("step")): \(check.text("detail")) [\(check.text("anchor"))]")
        }
        return lines
    }
}
