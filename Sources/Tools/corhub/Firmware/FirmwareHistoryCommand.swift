import ArgumentParser
import JSONCoding
import UpstreamClient

struct FirmwareHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show what happened to a device's firmware, newest first.",
        discussion: "Example: corhub firmware history COR1-000042")

    @OptionGroup var control: ControlOptions
    @Argument(help: "The device's serial number or name. May be left out where the hub knows one device only.")
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
