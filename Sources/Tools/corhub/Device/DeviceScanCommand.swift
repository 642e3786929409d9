import ArgumentParser
import CORProtocol
import DeviceLinks
import HubAgent
import HubCore
import JSONCoding
import NIOPosix

struct DeviceScanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Look for devices within reach, without the agent.",
        discussion: """
            Looks on all kinds of link unless some are named. What a device says of itself is a claim until a session has \
            proven it. Exit status 3: nothing was found.

            Example: corhub device scan --usb --for 30s
            """)

    private static let durations = Duration.milliseconds(100)...Duration.seconds(3_600)

    @Flag(help: "Look for devices that are plugged in.")
    var usb = false

    @Flag(help: "Look for devices on USB serial ports.")
    var serial = false

    @Flag(help: "Look for devices by Bluetooth.")
    var ble = false

    @Option(name: .customLong("for"), help: ArgumentHelp("How long to look.", valueName: "duration"))
    var duration = "10s"

    @Flag(help: "Print JSON; its shape is in docs/schemas.")
    var json = false

    @Option(help: "Where the pairings of BLE devices are kept.")
    var state = "/var/lib/corhub"

    func run() async throws {
        let output = CommandOutput(command: "device scan", isJSON: json)
        try await output.runToStatus { () async throws(CommandProblem) in
            guard let duration = Duration(written: duration), Self.durations.contains(duration) else {
                throw CommandProblem(
                    .usage, code: "option-out-of-range", "--for is a duration from 100ms to 1h, for example 30s")
            }
            let factory = DeviceLinkFactory(on: MultiThreadedEventLoopGroup.singleton, hosts: hosts)
            let result = await DeviceScan(kinds: kinds, factory: factory).run(for: duration)
            output.tell(result.json) { result.lines }
            return result.found.isEmpty ? .notFound : .done
        }
    }

    /// What carries the kinds of link that have a host of their own.
    private var hosts: [any DeviceLinkHost] {
        kinds.compactMap { kind in
            switch kind {
            case .usb: USBHost(awaitLimit: nil)
            case .ble: BluetoothHost(BluetoothHost.Configuration(folder: state))
            case .udp, .serial: nil
            }
        }
    }

    private var kinds: [LinkKind] {
        let named = [(usb, LinkKind.usb), (serial, .serial), (ble, .ble)].filter(\.0).map(\.1)
        return named.isEmpty ? [.usb, .serial, .ble] : named
    }
}
