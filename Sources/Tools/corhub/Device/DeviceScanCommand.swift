import ArgumentParser
import CORProtocol
import DeviceLinks
import HubCore
import JSONCoding

/// `corhub device scan`: what is within reach, as it comes.
struct DeviceScanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Look for devices within reach.",
        discussion: """
            Example: corhub device scan --ble --for 30s

            One line for each device that comes, changes or goes; with --json one JSON object a line. What a device says
            of itself is a claim. The adapter has one owner: while the agent uses BLE, ask the agent.
            """)

    @Flag(help: "Bluetooth Low Energy.")
    var ble = false

    @Option(name: .customLong("for"), help: "How long: a number with ms, s, m or h.")
    var length = "15s"

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Option(help: "Where the pairings of BLE devices are kept.")
    var state = "/var/lib/corhub"

    func run() async throws {
        try await CommandOutput(command: "device scan", isJSON: json).run { () async throws(CommandProblem) in
            guard let duration = Duration(writtenAs: length) else {
                throw CommandProblem(.usage, code: "for-malformed", "--for is a number with ms, s, m or h")
            }
            let host = BluetoothHost(BluetoothHost.Configuration(folder: state))
            let isJSON = json
            host.start { event in
                StandardStreams.printLine(isJSON ? event.json.serialized() : event.line)
            }
            try? await Task.sleep(for: duration)
            let obstacle = host.obstacle
            host.close()
            if let obstacle { throw CommandProblem(.blocked, code: "ble-off", obstacle) }
        }
    }
}

extension Duration {
    /// "500ms", "30s", "5m", "1h", up to a day. Nil for anything else.
    init?(writtenAs text: String) {
        let units: KeyValuePairs<String, Double> = ["ms": 0.001, "s": 1, "m": 60, "h": 3_600]
        guard let unit = units.first(where: { text.hasSuffix($0.key) }),
            let number = Double(text.dropLast(unit.key.count)), number >= 0, number * unit.value <= 86_400
        else { return nil }
        self = .seconds(number * unit.value)
    }
}

extension DiscoveryEvent {
    fileprivate var line: String {
        switch self {
        case .found(let device): "found    \(device.text)"
        case .lost(let address): "lost     \(address)"
        case .refused(let device, let reason): "refused  \(device.text): \(reason)"
        case .unavailable(let reason): reason
        case .available: "looking"
        }
    }

    fileprivate var json: JSONValue {
        switch self {
        case .found(let device): ["event": "found", "device": device.json]
        case .lost(let address): ["event": "lost", "address": .string(address)]
        case .refused(let device, let reason):
            ["event": "refused", "device": device.json, "reason": .string(reason)]
        case .unavailable(let reason): ["event": "unavailable", "reason": .string(reason)]
        case .available: ["event": "available"]
        }
    }
}

extension DiscoveredDevice {
    fileprivate var text: String {
        [
            address, name.map { "\"\($0.printable)\"" }, serial?.printable, signalStrength.map { "\($0) dBm" },
            portPath,
        ].compactMap(\.self).joined(separator: "  ")
    }

    fileprivate var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "address": .string(address),
            "serial": serial.map(JSONValue.string) ?? .null, "name": name.map(JSONValue.string) ?? .null,
            "rssi_dbm": signalStrength.map { .integer(Int64($0)) } ?? .null,
            "port_path": portPath.map(JSONValue.string) ?? .null,
        ]
    }
}
