import ArgumentParser
import JSONCoding
import UpstreamClient

/// `corhub reading watch`: running measurements and their readings, for people.
struct ReadingWatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Watch measurements as they run and readings as they arrive.",
        discussion: "Example: corhub reading watch. Ends with Ctrl-C; with --json one JSON object a line.")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let isJSON = control.json
        try await CommandOutput(command: "reading watch", isJSON: false).run { () async throws(CommandProblem) in
            try await control.client().lines(HTTPRequest(.get, "/v1/monitor")) { event in
                guard let line = Self.line(event) else { return true }
                return StandardStreams.offerLine(isJSON ? event.serialized() : line)
            }
        }
    }

    /// Nil for what has nothing to do with readings.
    private static func line(_ event: JSONValue) -> String? {
        switch event.text("event") {
        case "live-sample":
            // One line a minute is enough for people; every sample is in `monitor`.
            guard let index = event["index"]?.integerValue, let period = event["period_ms"]?.integerValue,
                index * period % 60_000 == 0
            else { return nil }
            return "\(event.text("device"))  minute \(index * period / 60_000): fall \(event.text("fall_mm")) mm"
        case "live-estimate":
            guard let estimate = event["estimate"], let value = estimate["esr_mm_h"]?.numberValue else { return nil }
            return "\(event.text("device"))  provisional after \(estimate.text("minutes")) min: \(value.shortText) mm/h"
        case "record-stored":
            return "\(event.text("device"))  stored: \(event.text("record_id")) (\(event.text("kind")))"
        case "record-refused":
            return "\(event.text("device"))  refused: sequence \(event.text("sequence")), \(event.text("reason"))"
        case "result":
            return "result of \(event.text("record_id")): \(event["result"]?.resultText ?? "-")"
        case "result-waits":
            return "result of \(event.text("record_id")) waits: say whose it is with `corhub reading assign`"
        case "receipt-accepted":
            return "batch \(event.text("sequence")) is with the upstream"
        default:
            return nil
        }
    }
}
