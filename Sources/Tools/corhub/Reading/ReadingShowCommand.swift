import ArgumentParser
import JSONCoding

struct ReadingShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one reading and what was made of it.",
        discussion: "Example: corhub reading show 8a1f6d02")

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
