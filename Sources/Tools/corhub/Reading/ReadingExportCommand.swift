import ArgumentParser
import HubAgent
import JSONCoding
import TextEncodings
import UpstreamClient

struct ReadingExportCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case csv
        case json
    }

    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the readings and their results for people and other programs.",
        discussion: """
            Examples: corhub reading export --format csv --since 2026-01-01 --out readings.csv
                      corhub reading export --format json --subject S --records --out S.json

            The oldest reading first. CSV (RFC 4180) has one line a result, and one for a reading without any. JSON has all \
            that `reading show` tells, and with --records the record as the device signed it. What was pruned or erased is \
            listed without its content. FILE appears when it is whole; one that exists is left alone.
            """)

    @OptionGroup var control: ControlOptions
    @Option(help: "csv or json.")
    var format: Format
    @Option(
        help: "Received since then, by the hub's clock: 2026-01-31, 2026-01-31T08:30:00Z, or 30d for the last 30 days.")
    var since: String?
    @Option(help: "Of this device only.")
    var device: String?
    @Option(help: "Of this subject only.")
    var subject: String?
    @Flag(help: "With --format json: the signed records too, in hexadecimal.")
    var records = false
    @Option(help: "The file to make; standard output unless given.")
    var out: String?

    func validate() throws {
        guard since.map({ Self.moment($0, now: 0) != nil }) ?? true else {
            throw ValidationError("--since is a date such as 2026-01-31, a time such as 2026-01-31T08:30:00Z, or 30d")
        }
        guard !records || format == .json else { throw ValidationError("--records needs --format json") }
        guard out != nil || !control.json || format == .json else {
            throw ValidationError("--json with --format csv needs --out")
        }
    }

    func run() async throws {
        let output = control.output("reading export")
        try await output.run { () async throws(CommandProblem) in
            let client = try control.client()
            let file = try out.map { (path) throws(CommandProblem) in try NewFile(path) }
            let readings = try await readings(client)
            let text = format == .csv ? ReadingCSV.text(readings) : Self.json(readings)
            guard let file else {
                StandardStreams.print(text)
                return
            }
            try file.fill(Array(text.utf8))
            output.tell([
                "schema": "corhub/reading-export-summary/1", "file": .string(file.path),
                "format": .string(format.rawValue), "readings": .integer(Int64(readings.count)),
            ]) { ["\(readings.count) readings in \(file.path)"] }
        }
    }

    private func readings(_ client: ControlClient) async throws(CommandProblem) -> [JSONValue] {
        var since = Int64.min
        if let text = self.since {
            let now = try await client.get("/v1/status")["time"]?["wall_ms"]?.integerValue ?? 0
            since = Self.moment(text, now: now) ?? since
        }
        let chosen = device.map { "&device=\($0.pathSegment)" } ?? ""
        var found: [JSONValue] = []
        var after: Int64 = 0
        while true {
            let page = try await client.get("/v1/readings?order=oldest&limit=500&after=\(after)\(chosen)").list(
                "readings")
            guard let last = page.last?["item"]?.integerValue else { return found }
            for reading in page where (reading["received"]?["wall_ms"]?.integerValue ?? .max) >= since {
                guard subject == nil || reading["subject"]?.stringValue == subject else { continue }
                found.append(records ? try await withRecord(reading, client) : reading)
            }
            after = last
        }
    }

    private func withRecord(_ reading: JSONValue, _ client: ControlClient) async throws(CommandProblem) -> JSONValue {
        guard reading.text("bytes") == "present", var members = reading.objectValue else { return reading }
        let bytes = try await client.bytes(
            HTTPRequest(.get, "/v1/readings/\(reading.text("record_id").pathSegment)/record"))
        members.append(JSONMember(name: "record", value: .string(Hexadecimal.text(of: bytes))))
        return .object(members)
    }

    private static func json(_ readings: [JSONValue]) -> String {
        let document: JSONValue = ["schema": "corhub/reading-export/1", "readings": .array(readings)]
        return document.serialized(pretty: true) + "\n"
    }

    /// In ms since 1970.
    private static func moment(_ text: String, now: Int64) -> Int64? {
        if let duration = Duration(written: text) { return now - duration.components.seconds * 1_000 }
        return UTCTime.milliseconds(of: text)
    }
}
