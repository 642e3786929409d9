import ArgumentParser
import JSONCoding

struct ReadingTraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Prove one reading: from the device's signature to the upstream's receipt.",
        discussion: """
            Example: corhub reading trace 3f9c2a417b06 --verify

            Every step is checked again from the stored bytes: ✓ holds, ✗ is broken, · is open, since bytes are gone by right, \
            are not there yet, or a step before is broken. With --verify each also says what it is about, and which \
            certificate or program it rests on. Exit status 1 when a step is broken.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The record id, or its first 8 digits and more.")
    var id: String
    @Flag(help: "Say what each step is about, and which trust anchor it rests on.")
    var verify = false

    func run() async throws {
        let output = control.output("reading trace")
        try await output.runToStatus { () async throws(CommandProblem) in
            let trace = try await control.client().get("/v1/readings/\(id.pathSegment)/trace")
            output.tell(trace) { Self.lines(trace, withAnchors: verify) }
            let broken = trace.list("checks").filter { $0.text("outcome") == "broken" }
            return broken.isEmpty ? .done : .failed
        }
    }

    static func lines(_ trace: JSONValue, withAnchors: Bool = false) -> [String] {
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
            lines.append("\(mark(check)) \(check.text("step")): \(check.text("detail"))")
            guard withAnchors else { continue }
            lines.append("    of \(check.text("of")); rests on \(anchor(check["anchor"] ?? .null))")
        }
        guard withAnchors else { return lines }
        let counts = ["holds", "broken", "open"].map { outcome in
            "\(trace.list("checks").count { $0.text("outcome") == outcome }) \(outcome)"
        }
        return lines + ["", counts.joined(separator: ", ")]
    }

    private static func mark(_ check: JSONValue) -> String {
        switch check.text("outcome") {
        case "holds": "✓"
        case "broken": "✗"
        default: "·"
        }
    }

    private static func anchor(_ anchor: JSONValue) -> String {
        let certificate = anchor["sha256"]?.stringValue.map { " \(anchor.text("name")), SHA-256 \($0)" } ?? ""
        switch anchor.text("kind") {
        case "content": return "the bytes alone (SHA-256)"
        case "program": return "the analysis of this program, \(anchor.text("name"))"
        case "none": return "nothing"
        case "device-authority": return "the maker's authority" + certificate
        case "upstream-authority": return "the upstream's authority" + certificate
        case "own-certificate": return "this hub's own kept certificate" + certificate
        case "receipt-certificate": return "the receipt certificate pinned at enrolment" + certificate
        case let other: return other + certificate
        }
    }
}
