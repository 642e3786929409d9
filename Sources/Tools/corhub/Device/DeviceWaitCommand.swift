import ArgumentParser
import HubAgent
import JSONCoding

/// `corhub device wait`: for scripts that go on when a device is there.
struct DeviceWaitCommand: AsyncParsableCommand {
    enum Goal: String, ExpressibleByArgument, CaseIterable {
        /// It has shown who it is.
        case seen
        /// It is this hub's and worked with.
        case connected
        /// The upstream has agreed, too.
        case registered
    }

    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until a device is there. Exit status 75: the time was over.",
        discussion: "Example: corhub device wait COR1-000042 --until registered --for 2m")

    @OptionGroup var control: ControlOptions
    @Argument(help: "The device's serial number or name.")
    var device: String
    @Option(help: "seen, connected or registered.")
    var until = Goal.connected
    @Option(name: .customLong("for"), help: ArgumentHelp("How long at most.", valueName: "duration"))
    var duration = "1m"

    func run() async throws {
        let output = control.output("device wait")
        try await output.run { () async throws(CommandProblem) in
            guard let duration = Duration(written: duration) else {
                throw CommandProblem(.usage, code: "option-out-of-range", "--for is a duration, for example 30s")
            }
            let client = try control.client()
            let end = ContinuousClock.now + duration
            while true {
                let answer = try await client.get("/v1/devices")
                // A device may come under its serial number before the hub knows it, and so has no name for it.
                let serial = answer.list("devices").first { $0["alias"] == .string(device) }?.text("serial") ?? device
                let links = answer.list("links").filter { $0.text("device") == serial }
                let registration = try await registration(of: serial, client)
                if isReached(links, registration) {
                    return output.tell([
                        "schema": "corhub/waiting/1", "device": .string(serial), "reached": .string(until.rawValue),
                    ]) { ["\(serial) is \(until.rawValue)"] }
                }
                let hasSlept = (try? await Task.sleep(for: .milliseconds(250))) != nil
                guard hasSlept, ContinuousClock.now < end else {
                    throw CommandProblem(
                        .temporary, code: "timed-out",
                        "\(device.printable) is not \(until.rawValue); see `corhub device show`")
                }
            }
        }
    }

    private func registration(
        of serial: String, _ client: ControlClient
    ) async throws(CommandProblem) -> String? {
        do throws(CommandProblem) {
            return try await client.get("/v1/devices/\(serial.pathSegment)")["registration"]?["state"]?.stringValue
        } catch  where error.status == .notFound {
            return nil
        }
    }

    private func isReached(_ links: [JSONValue], _ registration: String?) -> Bool {
        let states = Set(links.map { $0.text("state") })
        return switch until {
        case .seen: !states.isDisjoint(with: ["unclaimed", "connected"])
        case .connected: states.contains("connected")
        case .registered: states.contains("connected") && registration == "registered"
        }
    }
}
