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
                    return "\(time)  \(event.text("detail"))\(Self.report(event["state_report"]))"
                }
            }
        }
    }

    /// What the device itself has signed at that step.
    private static func report(_ value: JSONValue?) -> String {
        guard let value, let state = value["state"] else { return "" }
        guard value.text("outcome") == "holds" else { return "\n    state report: broken, \(value.text("detail"))" }
        guard let running = state["running"] else { return "" }
        var text = "\n    signed by the device: \(running.text("version")) \(running.text("state"))"
        text += ", image \(running.text("image").prefix(16))"
        text += ", security counter \(state["security_counter"]?.integerValue ?? 0)"
        text += ", boot \(state["boot"]?.integerValue ?? 0)"
        if let undone = state["undone"], undone["reason"] != nil {
            text += "; last undone: image \(undone.text("image").prefix(16)), \(undone.text("reason"))"
        }
        return text
    }
}
