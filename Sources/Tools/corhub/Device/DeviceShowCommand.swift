import ArgumentParser
import JSONCoding

struct DeviceShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one device.", discussion: "Example: corhub device show COR1-000001")

    @OptionGroup var control: ControlOptions
    @Argument(help: "The device's serial number or name.")
    var serial: String

    func run() async throws {
        let output = control.output("device show")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().get("/v1/devices/\(serial.pathSegment)")
            output.tell(answer) { Self.lines(answer) }
        }
    }

    private static func lines(_ answer: JSONValue) -> [String] {
        guard let device = answer["device"] else { return [] }
        var lines = [
            "serial       \(device.text("serial"))",
            "model        \(device.text("model")), hardware \(device.text("hardware"))",
            "firmware     \(device.text("firmware"))",
            "trust        \(device.text("trust")), certificate SHA-256 \(device.text("certificate"))",
            "first seen   \(device.time("first_seen"))",
            "last seen    \(device.time("last_seen"))",
            "records      up to sequence \(answer.text("newest_sequence"))",
        ]
        if device["alias"] != .null { lines.insert("name         \(device.text("alias"))", at: 1) }
        if let registration = answer["registration"], registration != .null {
            let waits = registration["waits_for"] == .null ? "" : ", waits: \(registration.text("waits_for"))"
            lines.append("owner        \(registration.text("state")) since \(registration.time("changed"))\(waits)")
        } else {
            lines.append("owner        not registered; `corhub device register \(device.text("serial"))`")
        }
        if let recall = answer["recall"], recall != .null {
            lines.append("recall       \(recall.text("state")): \(recall.text("reason"))")
        }
        if let connection = device["connection"], connection != .null {
            let status = connection["status"] ?? .null
            lines.append("link         \(connection.text("address")), \(connection.text("state"))")
            for other in answer.list("links") where other.text("address") != connection.text("address") {
                lines.append("also         \(other.text("address")), \(other.text("state")) \(other.text("reason"))")
            }
            if connection["signal_dbm"] != .null {
                lines.append("signal       \(connection.text("signal_dbm")) dBm")
            }
            lines.append(
                "battery      \(status.text("battery_percent")) %, external power \(status.text("external_power"))")
            lines.append("temperature  \(status.text("temperature_c")) °C")
            lines.append("running      \(status.text("running")), cartridge \(status.text("cartridge"))")
        }
        for gap in answer.list("gaps") {
            lines.append(
                "gap          \(gap.text("first")) to \(gap.text("last")): \(gap.text("reason")), \(gap.text("detail"))"
            )
        }
        return lines
    }
}
