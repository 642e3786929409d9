import ArgumentParser
import BluetoothProtocol
import DeviceLinks
import HubCore

/// `corhub device pair`: pairs a BLE device, with the person at this terminal comparing numbers.
struct DevicePairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pair", abstract: "Pair a BLE device.",
        discussion: """
            Example: corhub device pair ble:C0:01:02:03:04:05

            Hold the device's button for 3 seconds first. Either both sides show a number, and you compare, or the device
            shows a passkey, and you type it. The agent must not use BLE meanwhile.
            """)

    @Argument(help: "The device, as \"device scan\" shows it.")
    var device: String

    @Option(help: "Where the pairings of BLE devices are kept.")
    var state = "/var/lib/corhub"

    func run() async throws {
        try await CommandOutput(command: "device pair", isJSON: false).run { () async throws(CommandProblem) in
            let address = try BluetoothAddress(link: device)
            let host = BluetoothHost(BluetoothHost.Configuration(folder: state)) { note in
                StandardStreams.printErrorLine("audit: \(note.kind) \(note.subject) \(note.outcome) \(note.detail)")
            }
            defer { host.close() }
            let (events, continuation) = AsyncStream.makeStream(of: BluetoothPairingEvent.self)
            host.pair(address) { continuation.yield($0) }
            for await event in events {
                switch event {
                case .asked(let question): host.answer(Self.ask(question))
                case .ended(.success(let peer)):
                    StandardStreams.printLine("paired with ble:\(peer)")
                    return
                case .ended(.failure(let refusal)):
                    throw CommandProblem(.failed, code: refusal.code, host.obstacle ?? refusal.description)
                }
            }
        }
    }

    private static func ask(_ question: PairingQuestion) -> PairingAnswer {
        switch question {
        case .compare(let number):
            StandardStreams.printLine("Does the device show \(number.sixDigits)? [yes/no]")
            switch readLine() {
            case "yes", "y": return .same
            case "no", "n": return .different
            default: return .cancel
            }
        case .enterPasskey:
            StandardStreams.printLine("Which number does the device show?")
            guard let passkey = readLine().flatMap(UInt32.init) else { return .cancel }
            return .passkey(passkey)
        case .show(let passkey):
            StandardStreams.printLine("Type \(passkey.sixDigits) on the device.")
            return .same
        }
    }
}

/// `corhub device unpair`: forgets a BLE device.
struct DeviceUnpairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpair", abstract: "Forget the pairing of a BLE device.")

    @Argument(help: "The device, as \"device scan\" shows it.")
    var device: String

    @Option(help: "Where the pairings of BLE devices are kept.")
    var state = "/var/lib/corhub"

    func run() async throws {
        try await CommandOutput(command: "device unpair", isJSON: false).run { () async throws(CommandProblem) in
            let address = try BluetoothAddress(link: device)
            let host = BluetoothHost(BluetoothHost.Configuration(folder: state))
            defer { host.close() }
            let wasBonded = await withCheckedContinuation { continuation in
                host.unpair(address) { continuation.resume(returning: $0) }
            }
            guard wasBonded else { throw CommandProblem(.notFound, code: "not-paired", "it is not paired") }
            StandardStreams.printLine("forgot \(device)")
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

extension UInt32 {
    /// As people read it from a display: "004217".
    fileprivate var sixDigits: String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, 6 - digits.count)) + digits
    }
}
