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
                var table = TextTable(["SERIAL", "MODEL", "FIRMWARE", "TRUST", "STATE", "BATTERY", "LAST SEEN"])
                for device in answer.list("devices") {
                    table.add([
                        device.text("serial"), device.text("model"), device.text("firmware"), device.text("trust"),
                        device["connection"] == .null ? "away" : device.text("connection", "state"),
                        device.text("connection", "status", "battery_percent"), device.time("last_seen"),
                    ])
                }
                return table.lines
            }
        }
    }
}
