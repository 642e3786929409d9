import ArgumentParser
import JSONCoding

struct DeviceListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the devices, connected or not.",
        discussion: "Example: corhub device list")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("device list")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().get("/v1/devices")
            output.tell(answer) {
                guard !answer.list("devices").isEmpty else {
                    return ["no devices yet; `corhub status` shows the links"]
                }
                var table = TextTable([
                    "SERIAL", "MODEL", "FIRMWARE", "TRUST", "STATE", "LINK", "SIGNAL dBm", "BATTERY %", "LAST SEEN",
                ])
                for device in answer.list("devices") {
                    table.add([
                        device.text("serial"), device.text("model"), device.text("firmware"), device.text("trust"),
                        device["connection"] == .null ? "away" : device.text("connection", "state"),
                        device.text("connection", "link"),
                        device.text("connection", "signal_dbm"),
                        device.text("connection", "status", "battery_percent"), device.time("last_seen"),
                    ])
                }
                return table.lines + Self.discoveryLines(answer)
            }
        }
    }

    /// The kinds of link on which devices should be looked for and cannot be.
    private static func discoveryLines(_ answer: JSONValue) -> [String] {
        answer.list("discovery").filter { $0["available"] != true }
            .map { "\($0.text("link")): \($0.text("reason"))" }
    }
}
