import ArgumentParser
import JSONCoding
import UpstreamClient

struct FirmwareStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show updates: where each stands, and what it waits for.",
        discussion: "Examples: corhub firmware status\n          corhub firmware status COR1-000042 --json")

    @OptionGroup var control: ControlOptions
    @Argument(help: "The device's serial number or name; all without.")
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
