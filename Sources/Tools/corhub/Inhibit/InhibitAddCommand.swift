import ArgumentParser
import JSONCoding
import UpstreamClient

struct InhibitAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Hold updates back, of one device or of all.",
        discussion: """
            Example: corhub inhibit add "guests" --until 2026-12-27T08:00:00Z

            What is being installed already is brought to its end, but the device is not restarted meanwhile. A running \
            measurement holds back by itself.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "A name, by which it is removed again.")
    var name: String
    @Option(help: "The serial number or name of the only device that is meant.")
    var device: String?
    @Option(help: "A day or a time in UTC, such as 2026-12-27T08:00:00Z, at which it ends by itself.")
    var until: String?

    func validate() throws {
        guard until.map({ UTCTime.milliseconds(of: $0) != nil }) ?? true else {
            throw ValidationError("--until is a day or a time in UTC, such as 2026-12-27T08:00:00Z")
        }
    }

    func run() async throws {
        let output = control.output("inhibit add")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().post(
                "/v1/firmware/inhibits",
                [
                    "name": .string(name), "device": device.map(JSONValue.string) ?? .null,
                    "until_ms": until.flatMap(UTCTime.milliseconds(of:)).map(JSONValue.integer) ?? .null,
                ])
            output.tell(answer) { InhibitCommand.lines(answer) }
        }
    }
}
