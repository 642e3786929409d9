import ArgumentParser
import BluetoothProtocol
import DeviceLinks
import JSONCoding

/// `corhub device unpair`: lets a device go, or forgets the keys of a BLE device.
struct DeviceUnpairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpair", abstract: "Let a device go, so that another hub can have it.",
        discussion: """
            Examples: corhub device unpair COR1-000042
                      corhub device unpair COR1-000042 --away
                      corhub device unpair ble:C0:01:02:03:04:05

            By its serial number the device is released: it belongs to nobody, the upstream is told, and Bluetooth keys are \
            forgotten on both sides. Readings that were received stay. By its link only the Bluetooth keys go.
            """)

    @Argument(help: "The device's serial number or name, or its BLE link.")
    var device: String

    @Flag(
        help:
            "The device is not there, and will not come back: forget it here and tell the upstream. Whoever has it holds its button for 10 seconds."
    )
    var away = false

    @Flag(help: "Do not ask.")
    var yes = false

    @Option(help: "Where the pairings are kept, for when no agent runs.")
    var state = "/var/lib/corhub"

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("device unpair")
        try await output.run { () async throws(CommandProblem) in
            if device.hasPrefix("ble:") {
                try await forgetKeys(device)
                output.tell(["schema": "corhub/unpairing/1", "device": .string(device)]) { ["forgot \(device)"] }
            } else {
                output.tell(try await release()) { ["\(device) is no longer this hub's"] }
            }
        }
    }

    private func release() async throws(CommandProblem) -> JSONValue {
        let client = try control.client()
        let links = try await client.get("/v1/devices/\(device.pathSegment)").list("links")
        try confirm()
        let answer =
            away
            ? try await client.post("/v1/devices/\(device.pathSegment)/forget")
            : try await RegistrationDialogue(client: client, isJSON: control.json).carryOut(.release, device)
        for link in links.map({ $0.text("address") }) where link.hasPrefix("ble:") {
            do throws(CommandProblem) {
                try await forgetKeys(link)
            } catch  where error.status == .notFound {
                continue  // The device has forgotten them, and the hub with it.
            }
        }
        return answer
    }

    private func confirm() throws(CommandProblem) {
        guard !yes else { return }
        guard !control.json else {
            throw CommandProblem(.needsConfirmation, code: "needs-confirmation", "say --yes: the device is let go")
        }
        StandardStreams.print("Let \(device.printable) go? It has to be paired again before it is used. [yes/no] ")
        guard readLine() == "yes" else {
            throw CommandProblem(.needsConfirmation, code: "needs-confirmation", "nothing was changed")
        }
    }

    private func forgetKeys(_ link: String) async throws(CommandProblem) {
        let address = try BluetoothAddress(link: link)
        let way = try await PairingWay.found(control, state: state)
        defer { way.close() }
        guard try await way.forget(address) else {
            throw CommandProblem(.notFound, code: "not-paired", "it is not paired")
        }
    }
}

extension BluetoothAddress {
    /// Reads "ble:C0:01:02:03:04:05".
    init(link: String) throws(CommandProblem) {
        do {
            guard case .ble(let text) = try LinkAddress(link) else {
                throw CommandProblem(.usage, code: "link-malformed", "only BLE devices are paired: ble:ADDRESS")
            }
            try self.init(text)
        } catch let problem as CommandProblem {
            throw problem
        } catch {
            throw CommandProblem(.usage, code: "link-malformed", "\(error)")
        }
    }
}
