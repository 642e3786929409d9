import ArgumentParser
import BluetoothProtocol
import DeviceLinks
import HubCore
import JSONCoding

/// `corhub device pair`: pairs a BLE device, with the person at this terminal comparing numbers.
struct DevicePairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pair", abstract: "Pair a BLE device.",
        discussion: """
            Example: corhub device pair ble:C0:01:02:03:04:05

            Hold the device's button for 3 seconds first. Either both sides show a number, and you compare, or the device
            shows a passkey, and you type it. Ctrl-C gives up, and nothing is kept. Where the agent runs, it pairs; else this
            program does, and needs CAP_NET_ADMIN and the state folder.

            Scripts: --number or --passkey with what the device shows; other questions are then answered with no.
            """)

    @Argument(help: "The device, as \"device scan\" shows it.")
    var device: String

    @Option(help: "The number that the device shows, to be compared with the hub's.", transform: Self.sixDigits)
    var number: UInt32?

    @Option(help: "The passkey that the device shows.", transform: Self.sixDigits)
    var passkey: UInt32?

    @Option(help: "Where the pairings are kept, for when no agent runs.")
    var state = "/var/lib/corhub"

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("device pair")
        try await output.run { () async throws(CommandProblem) in
            let address = try BluetoothAddress(link: device)
            let dialogue = PairingDialogue(passkey: passkey, number: number, isJSON: control.json)
            let way = try await PairingWay.found(control, state: state)
            defer { way.close() }
            if !control.json { StandardStreams.printErrorLine("Looking for \(device) …") }
            for await step in way.pair(address) {
                switch step {
                case .asked(let question): try await way.answer(dialogue.answer(question))
                case .paired(let device, let isWatched): return Self.tell(device, isWatched, output)
                case .refused(let code, let message): throw CommandProblem(.failed, code: code, message)
                case .failed(let problem): throw problem
                }
            }
            throw CommandProblem(.failed, code: "agent-ended", "the agent ended before the device was paired")
        }
    }

    private static func tell(_ device: String, _ isWatched: Bool?, _ output: CommandOutput) {
        output.tell([
            "schema": "corhub/pairing/1", "device": .string(device), "watched": isWatched.map { .bool($0) } ?? .null,
        ]) {
            switch isWatched {
            case true?: ["paired with \(device); the agent works with it whenever it is in reach"]
            case false?:
                [
                    "paired with \(device)",
                    "the agent will not use it before devices.ble = true, or devices.links names it",
                ]
            case nil: ["paired with \(device)", "no agent runs; start it with `corhub run`"]
            }
        }
    }

    private static func sixDigits(_ text: String) throws -> UInt32 {
        guard let value = PairingNumber.value(text) else { throw ValidationError("\"\(text)\" is not six digits") }
        return value
    }
}

/// `corhub device unpair`: forgets a BLE device.
struct DeviceUnpairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpair", abstract: "Forget the pairing of a BLE device.",
        discussion: "Example: corhub device unpair ble:C0:01:02:03:04:05")

    @Argument(help: "The device, as \"device scan\" shows it.")
    var device: String

    @Option(help: "Where the pairings are kept, for when no agent runs.")
    var state = "/var/lib/corhub"

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("device unpair")
        try await output.run { () async throws(CommandProblem) in
            let address = try BluetoothAddress(link: device)
            let way = try await PairingWay.found(control, state: state)
            defer { way.close() }
            guard try await way.forget(address) else {
                throw CommandProblem(.notFound, code: "not-paired", "it is not paired")
            }
            output.tell(["schema": "corhub/unpairing/1", "device": .string(device)]) { ["forgot \(device)"] }
        }
    }
}

extension BluetoothAddress {
    /// Reads "ble:C0:01:02:03:04:05".
    fileprivate init(link: String) throws(CommandProblem) {
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
