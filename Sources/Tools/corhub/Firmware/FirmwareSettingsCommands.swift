import ArgumentParser
import JSONCoding
import UpstreamClient

struct FirmwareInhibitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inhibit", abstract: "Hold updates back.",
        subcommands: [InhibitAddCommand.self, InhibitListCommand.self, InhibitRemoveCommand.self])

    static func lines(_ answer: JSONValue) -> [String] {
        let inhibits = answer.list("inhibits")
        guard !inhibits.isEmpty else { return ["nothing holds updates back"] }
        var table = TextTable(["NAME", "DEVICE", "UNTIL"])
        for inhibit in inhibits {
            table.add([
                inhibit.text("name"), inhibit["device"]?.stringValue ?? "all",
                inhibit["until_ms"]?.integerValue.map(UTCTime.text(milliseconds:)) ?? "removed",
            ])
        }
        return table.lines
    }
}

struct InhibitAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Hold updates back, of one device or of all.",
        discussion: """
            Example: corhub firmware inhibit add "guests" --until 2026-12-27T08:00:00Z

            What is being installed already is brought to its end, but the device is not restarted meanwhile. A running
            measurement holds back by itself.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "A name, by which it is removed again.")
    var name: String
    @Option(help: "The serial number of the only device that is meant.")
    var device: String?
    @Option(help: "A day or a time in UTC, such as 2026-12-27T08:00:00Z, at which it ends by itself.")
    var until: String?

    func validate() throws {
        guard until.map({ UTCTime.milliseconds(of: $0) != nil }) ?? true else {
            throw ValidationError("--until is a day or a time in UTC, such as 2026-12-27T08:00:00Z")
        }
    }

    func run() async throws {
        let output = control.output("firmware inhibit add")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().post(
                "/v1/firmware/inhibits",
                [
                    "name": .string(name), "device": device.map(JSONValue.string) ?? .null,
                    "until_ms": until.flatMap(UTCTime.milliseconds(of:)).map(JSONValue.integer) ?? .null,
                ])
            output.tell(answer) { FirmwareInhibitCommand.lines(answer) }
        }
    }
}

struct InhibitListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show what holds updates back.",
        discussion: "Example: corhub firmware inhibit list")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("firmware inhibit list")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().get("/v1/firmware/inhibits")
            output.tell(answer) { FirmwareInhibitCommand.lines(answer) }
        }
    }
}

struct InhibitRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Let updates go on.",
        discussion: "Example: corhub firmware inhibit remove \"guests\"")

    @OptionGroup var control: ControlOptions
    @Argument(help: "The name under which it was added.")
    var name: String

    func run() async throws {
        let output = control.output("firmware inhibit remove")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().post("/v1/firmware/inhibits/remove", ["name": .string(name)])
            output.tell(answer) { FirmwareInhibitCommand.lines(answer) }
        }
    }
}

struct FirmwareWindowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "window", abstract: "When updates may begin, in local time.",
        subcommands: [WindowShowCommand.self, WindowSetCommand.self])

    static func lines(_ answer: JSONValue) -> [String] {
        let window = answer["window"]?.stringValue ?? "at any time"
        let opens = answer["opens_ms"]?.integerValue.map { ", opens \(UTCTime.text(milliseconds: $0))" } ?? ""
        return ["\(window) (local time): \(answer.text("state"))\(opens)"]
    }
}

struct WindowShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the maintenance window, and whether it is open.",
        discussion: "Example: corhub firmware window show")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("firmware window show")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().get("/v1/firmware/window")
            output.tell(answer) { FirmwareWindowCommand.lines(answer) }
        }
    }
}

struct WindowSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set the maintenance window.",
        discussion: """
            Examples: corhub firmware window set "mon-fri 02:00-05:00"
                      corhub firmware window set "sat,sun 22:00-04:00"
                      corhub firmware window set anytime
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "Days and times, as \"daily 02:00-05:00\"; or \"anytime\".")
    var window: String

    func run() async throws {
        let output = control.output("firmware window set")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().post(
                "/v1/firmware/window", ["window": window == "anytime" ? .null : .string(window)])
            output.tell(answer) { FirmwareWindowCommand.lines(answer) }
        }
    }
}
