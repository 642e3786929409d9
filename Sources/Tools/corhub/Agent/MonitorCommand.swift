import ArgumentParser
import CHubShim
import JSONCoding
import UpstreamClient

/// `corhub monitor`: everything as it happens, one JSON object a line.
struct MonitorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor", abstract: "Show what happens as it happens, until Ctrl-C.",
        discussion: """
            On a terminal one line of text an event; with --json, and into a pipe, one JSON object a line (NDJSON).

            Example: corhub monitor --json | jq 'select(.event == "result")'
            """)

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let isText = !control.json && StandardStreams.outputIsTerminal
        try await CommandOutput(command: "monitor", isJSON: false).run { () async throws(CommandProblem) in
            try await control.client().lines(HTTPRequest(.get, "/v1/monitor")) { event in
                StandardStreams.offerLine(
                    isText
                        ? EventText.line(event, at: UTCTime.text(milliseconds: corhub_realtime_milliseconds()))
                        : event.serialized())
            }
        }
    }
}
