import ArgumentParser
import JSONCoding
import UpstreamClient

struct FirmwareStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show updates: where each stands, and what it waits for.",
        discussion: "Examples: corhub firmware status\n          corhub firmware status COR1-000042 --json")

    @OptionGroup var control: ControlOptions
    @Argument(help: "The device's serial number; all without.")
    var device: String?

    func run() async throws {
        let output = control.output("firmware status")
        try await output.run { () async throws(CommandProblem) in
            let path = device.map { "/\($0.pathSegment)" } ?? ""
            let answer = try await control.client().get("/v1/firmware\(path)")
            output.tell(answer) { FirmwareUpdateText.lines(answer) }
        }
    }
}

struct FirmwareHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show what happened to a device's firmware, newest first.",
        discussion: "Example: corhub firmware history COR1-000042")

    @OptionGroup var control: ControlOptions
    @Argument(help: "The device's serial number. May be left out where the hub knows one device only.")
    var device: String?

    func run() async throws {
        let output = control.output("firmware history")
        try await output.run { () async throws(CommandProblem) in
            let client = try control.client()
            let serial = try await FirmwareDevice.choose(device, client)
            let answer = try await client.get("/v1/firmware/\(serial.pathSegment)/history")
            output.tell(answer) {
                answer.list("events").map { event in
                    let time = event["time_ms"]?.integerValue.map(UTCTime.text(milliseconds:)) ?? "-"
                    return "\(time)  \(event.text("detail"))"
                }
            }
        }
    }
}

/// What is asked of an update that is under way.
protocol FirmwareOrderCommand: AsyncParsableCommand {
    static var order: String { get }
    var control: ControlOptions { get }
    var device: String? { get }
}

extension FirmwareOrderCommand {
    func carryOut() async throws {
        let output = control.output("firmware \(Self.order)")
        try await output.run { () async throws(CommandProblem) in
            let client = try control.client()
            let serial = try await FirmwareDevice.choose(device, client)
            let answer = try await client.post("/v1/firmware/\(serial.pathSegment)/\(Self.order)")
            output.tell(answer) { FirmwareUpdateText.lines(answer) }
        }
    }
}

struct FirmwareCancelCommand: FirmwareOrderCommand {
    static let order = "cancel"
    static let configuration = CommandConfiguration(
        commandName: order, abstract: "Give an update up; what the device tries already is taken back.",
        discussion: "Example: corhub firmware cancel --device COR1-000042")

    @OptionGroup var control: ControlOptions
    @Option(help: "The device's serial number. May be left out where the hub knows one device only.")
    var device: String?

    func run() async throws { try await carryOut() }
}

struct FirmwareConfirmCommand: FirmwareOrderCommand {
    static let order = "confirm"
    static let configuration = CommandConfiguration(
        commandName: order,
        abstract: "Confirm an image on trial that has passed its self-test, without waiting longer.",
        discussion: "Example: corhub firmware confirm")

    @OptionGroup var control: ControlOptions
    @Option(help: "The device's serial number. May be left out where the hub knows one device only.")
    var device: String?

    func run() async throws { try await carryOut() }
}

struct FirmwareRollbackCommand: FirmwareOrderCommand {
    static let order = "rollback"
    static let configuration = CommandConfiguration(
        commandName: order, abstract: "Go back from an image on trial to the one before.",
        discussion: "Example: corhub firmware rollback")

    @OptionGroup var control: ControlOptions
    @Option(help: "The device's serial number. May be left out where the hub knows one device only.")
    var device: String?

    func run() async throws { try await carryOut() }
}

struct FirmwareResumeCommand: FirmwareOrderCommand {
    static let order = "resume"
    static let configuration = CommandConfiguration(
        commandName: order, abstract: "Agree to an update, end its pause, or try it again after a passing failure.",
        discussion: "Example: corhub firmware resume --device COR1-000042")

    @OptionGroup var control: ControlOptions
    @Option(help: "The device's serial number. May be left out where the hub knows one device only.")
    var device: String?

    func run() async throws { try await carryOut() }
}
