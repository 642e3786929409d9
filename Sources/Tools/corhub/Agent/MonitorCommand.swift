import ArgumentParser
import JSONCoding
import UpstreamClient

/// `corhub monitor`: everything as it happens, one JSON object a line.
struct MonitorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor", abstract: "Show what happens as it happens, one JSON object a line (NDJSON).",
        discussion: "Example: corhub monitor | jq 'select(.event == \"result\")'")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        try await CommandOutput(command: "monitor", isJSON: false).run { () async throws(CommandProblem) in
            try await control.client().lines(HTTPRequest(.get, "/v1/monitor")) { event in
                StandardStreams.offerLine(event.serialized())
            }
        }
    }
}
