import ArgumentParser
import BluetoothProtocol
import HubAgent
import HubCore
import JSONCoding

/// `corhub device pair`: the whole way from a device that nobody has to one whose readings arrive.
struct DevicePairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pair", abstract: "Pair a device with this hub and register it.",
        discussion: """
            Examples: corhub device pair
                      corhub device pair COR1-000042
                      corhub device pair ble:C0:01:02:03:04:05

            Plug the device in, or hold its button for 3 seconds for Bluetooth. Over Bluetooth both sides show a number, and \
            you compare, or the device shows a passkey, and you type it. Then press its button: it is this hub's. Ctrl-C gives \
            up, and nothing is kept.

            Where no agent runs, a BLE device is only paired, for which this program needs CAP_NET_ADMIN and the state folder.

            Scripts: --number or --passkey with what the device shows; other questions are then answered with no.
            """)

    @Argument(help: "Serial number, link or name, as \"device scan\" and \"device list\" show them.")
    var device: String?

    @Option(help: "The number that the device shows, to be compared with the hub's.", transform: Self.sixDigits)
    var number: UInt32?

    @Option(help: "The passkey that the device shows.", transform: Self.sixDigits)
    var passkey: UInt32?

    @Option(name: .customLong("for"), help: ArgumentHelp("How long to look for it.", valueName: "duration"))
    var duration = "30s"

    @Flag(help: "Only exchange Bluetooth keys.")
    var noRegister = false

    @Flag(help: "Ask nothing: take the only device that is there.")
    var yes = false

    @Option(help: "Where the pairings are kept, for when no agent runs.")
    var state = "/var/lib/corhub"

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("device pair")
        try await output.runToStatus { () async throws(CommandProblem) in
            let address = try device.flatMap { (text) throws(CommandProblem) -> BluetoothAddress? in
                text.hasPrefix("ble:") ? try BluetoothAddress(link: text) : nil
            }
            let way = try await PairingWay.found(control, state: state)
            defer { way.close() }
            if let address, noRegister || !way.isAgent {
                let paired = try await pair(address, way)
                Self.tell(paired.device, paired.isWatched, output)
                return .done
            }
            guard case .agent(let client) = way else {
                throw CommandProblem(
                    .temporary, code: "agent-not-running",
                    "no agent runs; start it with `corhub run`. Without it only BLE devices are paired: ble:ADDRESS")
            }
            return try await ceremony(client, way, output)
        }
    }

    private func ceremony(
        _ client: ControlClient, _ way: PairingWay, _ output: CommandOutput
    ) async throws(CommandProblem) -> ExitStatus {
        guard let duration = Duration(written: duration) else {
            throw CommandProblem(.usage, code: "option-out-of-range", "--for is a duration, for example 30s")
        }
        if !control.json { StandardStreams.printErrorLine("Looking for \(device?.printable ?? "devices") …") }
        let found = try await DeviceChoice(
            named: device, isInteractive: !yes && !control.json, duration: duration
        ).made(of: client)
        let answer: JSONValue
        if case .pairing = found.need {
            let link = try await pair(try BluetoothAddress(link: found.address), way).device
            tick("paired over Bluetooth")
            answer = try await PairedKeys(link: link, way: way).lasting { () async throws(CommandProblem) in
                try await register(try await provenSerial(at: link, client), over: found.link, client)
            }
        } else if let serial = found.serial {
            answer = try await register(serial, over: found.link, client)
        } else {
            answer = try await register(try await provenSerial(at: found.address, client), over: found.link, client)
        }
        let known = answer.text("device")
        output.tell(answer) {
            answer.text("state") == "contested"
                ? []
                : [
                    "\(known) is ready: its readings arrive by themselves, see `corhub reading watch`",
                    "Say whose they are: corhub device assign \(known) SUBJECT",
                ]
        }
        return answer.text("state") == "contested" ? .blocked : .done
    }

    private func register(
        _ serial: String, over link: String, _ client: ControlClient
    ) async throws(CommandProblem) -> JSONValue {
        tick("\(serial.printable) has proven who it is, over \(link)")
        return try await RegistrationDialogue(client: client, isJSON: control.json).carryOut(.register, serial)
    }

    private func tick(_ text: String) {
        if !control.json { StandardStreams.printLine("✓ \(text)") }
    }

    private func pair(
        _ address: BluetoothAddress, _ way: PairingWay
    ) async throws(CommandProblem) -> (device: String, isWatched: Bool?) {
        let dialogue = PairingDialogue(passkey: passkey, number: number, isJSON: control.json)
        if !control.json { StandardStreams.printErrorLine("Looking for ble:\(address) …") }
        for await step in way.pair(address) {
            switch step {
            case .asked(let question): try await way.answer(dialogue.answer(question))
            case .paired(let device, let isWatched): return (device, isWatched)
            case .refused(let code, let message): throw CommandProblem(.failed, code: code, message)
            case .failed(let problem): throw problem
            }
        }
        throw CommandProblem(.failed, code: "agent-ended", "the agent ended before the device was paired")
    }

    /// Of the device behind a link that was just paired, once a session with it has begun.
    private func provenSerial(at address: String, _ client: ControlClient) async throws(CommandProblem) -> String {
        let found = try await DeviceChoice(named: address, isInteractive: false, duration: .seconds(30)).made(
            of: client)
        guard let serial = found.serial else {
            throw CommandProblem(
                .temporary, code: "device-silent", "\(address) is paired and does not answer yet; try again")
        }
        return serial
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
