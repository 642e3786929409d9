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
                let rest = Self.otherLines(answer) + Self.discoveryLines(answer)
                guard !answer.list("devices").isEmpty else { return ["this hub has no devices yet"] + rest }
                var table = TextTable([
                    "SERIAL", "NAME", "MODEL", "FIRMWARE", "TRUST", "STATE", "LINK", "SIGNAL dBm", "BATTERY %",
                    "LAST SEEN",
                ])
                for device in answer.list("devices") {
                    table.add([
                        device.text("serial"), device.text("alias"), device.text("model"), device.text("firmware"),
                        device.text("trust"),
                        device["connection"] == .null ? "away" : device.text("connection", "state"),
                        device.text("connection", "link"),
                        device.text("connection", "signal_dbm"),
                        device.text("connection", "status", "battery_percent"), device.time("last_seen"),
                    ])
                }
                return table.lines + rest
            }
        }
    }

    /// What is at the end of links and not worked with, and why.
    private static func otherLines(_ answer: JSONValue) -> [String] {
        let listed = Set(answer.list("devices").map { $0.text("serial") })
        return answer.list("links").filter { $0["reason"] != .null && !listed.contains($0.text("device")) }
            .map { link in
                let device = link["device"] == .null ? "" : "\(link.text("device")) at "
                return "\(device)\(link.text("address")): \(link.text("reason"))".printable
            }
    }

    /// The kinds of link on which devices should be looked for and cannot be.
    private static func discoveryLines(_ answer: JSONValue) -> [String] {
        answer.list("discovery").filter { $0["available"] != true }
            .map { "\($0.text("link")): \($0.text("reason"))" }
    }
}
