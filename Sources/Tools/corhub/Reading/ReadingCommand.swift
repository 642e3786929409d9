import ArgumentParser
import JSONCoding

struct ReadingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reading", abstract: "The readings on this hub, and where each of them is.",
        subcommands: [
            ReadingListCommand.self, ReadingShowCommand.self, ReadingTraceCommand.self, ReadingWatchCommand.self,
        ])
}

struct ReadingListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the readings, the newest first.",
        discussion: "Example: corhub reading list --device COR1-000001 --limit 10")

    @OptionGroup var control: ControlOptions
    @Option(help: "Of this device only.")
    var device: String?
    @Option(help: "At most this many, 1 to 1000.")
    var limit = 50

    func run() async throws {
        let output = control.output("reading list")
        try await output.run { () async throws(CommandProblem) in
            let chosen = device.map { "&device=\($0.pathSegment)" } ?? ""
            let answer = try await control.client().get("/v1/readings?limit=\(limit)\(chosen)")
            output.tell(answer) {
                var table = TextTable(["ID", "DEVICE", "SEQ", "RECEIVED", "KIND", "RESULT"])
                for reading in answer.list("readings") {
                    table.add([
                        String(reading.text("record_id").prefix(12)), reading.text("device"),
                        reading.text("sequence"), reading.time("received"), reading.text("kind"),
                        reading.list("results").last?.resultText ?? "-",
                    ])
                }
                return table.lines
            }
        }
    }
}

struct ReadingShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one reading and what was made of it.")

    @OptionGroup var control: ControlOptions
    @Argument(help: "The record id, or its first 8 digits and more.")
    var id: String

    func run() async throws {
        let output = control.output("reading show")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().get("/v1/readings/\(id.pathSegment)")
            output.tell(answer) { Self.lines(answer["reading"] ?? .null) }
        }
    }

    static func lines(_ reading: JSONValue) -> [String] {
        var lines = [
            "reading    \(reading.text("record_id"))",
            "device     \(reading.text("device")), sequence \(reading.text("sequence")), \(reading.text("kind"))",
            "cartridge  \(reading.text("cartridge"))",
            "received   \(reading.time("received")) over \(reading.text("link")), \(reading.text("trust"))"
                + (reading.text("backfilled") == "yes" ? ", backfilled" : ""),
            "subject    \(reading.text("subject"))",
            "raw data   \(reading.text("length")) bytes, \(reading.text("bytes"))",
        ]
        for result in reading.list("results") {
            lines.append(
                "result     \(result.resultText) [\(result.text("algorithm")) \(result.text("version")), "
                    + "after \(result.text("output", "minutes")) min]")
        }
        lines.append("           A computed estimate, not a diagnosis.")
        return lines
    }
}

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
            lines.append("batch      \(batch.text("epoch"))/\(batch.text("sequence")), leaf \(passage.text("leaf_index"))")
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
