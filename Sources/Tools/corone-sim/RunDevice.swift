import ArgumentParser
import CORProtocol
import DeviceSimulator
import DurableFiles
import JSONCoding
import NIOCore
import NIOPosix

/// `corone-sim [run]`: one device until a signal, or the end of the control channel.
struct RunDevice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Run one virtual device.")

    @Option(
        help: "The UDP port; 0 takes a free one. Beside --pty, a second link of the device. (default: \(defaultPort))")
    var port: Int?

    @Option(help: "The address to listen on. The protocol has no encryption: leave it on loopback.")
    var host = "127.0.0.1"

    @Option(help: "Be a serial device instead: a pty, and this path a symbolic link to the hub's end.")
    var pty: String?

    @Option(
        name: .customLong("line-fault"),
        help: ArgumentHelp(
            "Spoil the serial line, NAME or NAME=N, any number of times: \(Self.lineFaultNames).", valueName: "fault"))
    var lineFault: [LineFaultOrder] = []

    @Option(help: "The serial number; a state folder keeps the first. (default: \(Self.defaultSerial))")
    var serial: DeviceSerial?

    @Option(help: "Keep key, owner, sequence and records in this folder.")
    var state: String?

    @Option(name: .customLong("device-ca"), help: "The folder of the test device CA; made where there is none.")
    var deviceCA: String?

    @Option(help: "The version that it runs before any update; a state folder keeps the last.")
    var firmwareVersion = "1.0.0"

    @Option(help: "Bytes of each of its two image slots.")
    var slotSize = 4 << 20

    @Option(help: "The boot loader's key: Ed25519, SubjectPublicKeyInfo in DER. (default: hashes only)")
    var imageKey: String?

    @Option(help: "How long the boot loader takes to exchange the slots: a number with ms, s, m or h.")
    var swapTime = DurationArgument(seconds: 1)

    @Option(help: "How many runs to make by itself.")
    var runs = 0

    @Option(help: "From one run to the next: a number with ms, s, m or h.")
    var interval = DurationArgument(seconds: 5)

    @Option(help: "Minutes that each of these runs measures.")
    var minutes = 30

    @Option(help: ArgumentHelp("What disturbs these runs in turn: \(Self.artefactNames).", valueName: "list"))
    var artefacts = ArtefactList([.none])

    @Option(help: "How many times faster than life a run passes.")
    var speed = 1.0

    @Option(help: "Where the draws begin; the same seed makes the same runs. (default: by chance)")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp("Misbehave, NAME or NAME=N, any number of times: \(Self.faultNames).", valueName: "fault"))
    var fault: [FaultOrder] = []

    @Flag(help: "Be plugged into this kernel's virtual USB host controller instead: needs root and vhci-hcd.")
    var usb = false

    @Option(
        name: .customLong("usb-fault"),
        help: ArgumentHelp("Misbehave on USB, NAME or NAME=N: \(Self.usbFaultNames).", valueName: "fault"))
    var usbFault: [USBFaultOrder] = []

    @Option(help: ArgumentHelp("What attestations say of the link, where a bridge carries it.", valueName: "kind"))
    var linkKind: LinkKind?

    @Flag(help: "The button presses itself after a claim.")
    var autoButton = false

    @Flag(help: "Take commands as JSON lines on standard input; prints JSON lines.")
    var control = false

    @Flag(help: "Print JSON lines.")
    var json = false

    @Option(help: "Bytes of the largest request.")
    var bufSize = 61_440

    @Option(help: "How many requests may be outstanding.")
    var bufCount = 8

    private static let defaultPort = Int(CORTransport.udpPort)
    private static let defaultSerial = "COR1-SIM-0001"
    private static let artefactNames = Artefact.allCases.map(\.rawValue).joined(separator: ", ")
    private static let lineFaultNames = LineFault.allCases.map(\.rawValue).joined(separator: ", ")
    private static let usbFaultNames = USBFault.allCases.map(\.rawValue).joined(separator: ", ")
    private static let faultNames = DeviceFault.allCases.map(\.rawValue).joined(separator: ", ")

    func validate() throws {
        guard usb || usbFault.isEmpty else { throw ValidationError("--usb-fault wants --usb") }
        guard !usb || pty == nil else { throw ValidationError("--usb and --pty exclude each other") }
        guard pty != nil || lineFault.isEmpty else { throw ValidationError("--line-fault wants --pty") }
        guard (0...65_535).contains(port ?? 0) else { throw ValidationError("--port is 0 to 65535") }
        guard runs >= 0 else { throw ValidationError("--runs is 0 or more") }
        guard (1...1_440).contains(minutes) else { throw ValidationError("--minutes is 1 to 1440") }
        guard speed > 0, speed <= 1_000_000 else { throw ValidationError("--speed is above 0, up to 1000000") }
        guard (4_096...64 << 20).contains(slotSize) else { throw ValidationError("--slot-size is 4096 to 67108864") }
        guard (256...65_507).contains(bufSize) else { throw ValidationError("--buf-size is 256 to 65507") }
        guard (1...64).contains(bufCount) else { throw ValidationError("--buf-count is 1 to 64") }
    }

    func run() async throws {
        let events = RunEvents(listensToInput: control)
        let printsJSON = json || control
        let (setup, folder) = try makeSetup()
        let device = try await start(setup, folder: folder) { report in
            StandardOutput.write(line: printsJSON ? report.json.serialized() : report.description)
        }
        for order in fault { device.server.perform(.fault(order)) }
        for order in lineFault { try device.perform(order) }
        sayReady(device, setup: setup)
        for await event in events.stream {
            switch event {
            case .line(let text): perform(text, on: device)
            case .signal, .inputEnded: return try await stop(device)
            }
        }
    }

    private func makeSetup() throws -> (DeviceSetup, StateFolder?) {
        do {
            let authority = try makeAuthority()
            let folder = try state.map { path throws(FileFault) in try StateFolder(path: path) }
            guard let fallback = DeviceSerial(Self.defaultSerial) else { throw Failure("the default serial is none") }
            let identity =
                try folder?.identity(serial: serial, default: fallback, authority: authority)
                ?? DeviceIdentity(serial: serial ?? fallback, authority: authority)
            var setup = DeviceSetup(
                identity: identity, link: linkKind ?? (usb ? .usb : pty == nil ? .udp : .serial),
                seed: seed ?? .random(in: 0...UInt64(Int64.max)))
            setup.speed = speed
            setup.bufferSize = bufSize
            setup.bufferCount = bufCount
            setup.firmwareVersion = firmwareVersion
            setup.slotLength = slotSize
            setup.swapDuration = swapTime.duration
            if let imageKey {
                guard let bytes = try StateFolder.bytes(DurableFile(imageKey)), let key = BootKey(der: bytes) else {
                    throw Failure("\(imageKey) is no public key of Ed25519 in DER")
                }
                setup.bootKey = key
            }
            setup.buttonDelay = autoButton ? .milliseconds(300) : nil
            setup.plan = RunPlan(
                count: runs, interval: interval.duration, minutes: minutes, artefacts: artefacts.artefacts)
            return (setup, folder)
        } catch {
            throw Failure("\(error)")
        }
    }

    private func makeAuthority() throws -> DeviceAuthority {
        if let deviceCA { return try AuthorityFolder(path: deviceCA).loadOrMake() }
        if let state {
            _ = try StateFolder(path: state)
            return try AuthorityFolder(path: state + "/device-ca").loadOrMake()
        }
        return try DeviceAuthority()
    }

    private func start(
        _ setup: DeviceSetup, folder: StateFolder?, report: @escaping @Sendable (DeviceReport) -> Void
    ) async throws -> RunningDevice {
        let group = MultiThreadedEventLoopGroup.singleton
        if let pty {
            do {
                return .terminal(
                    try await TerminalDeviceServer.start(
                        setup: setup, folder: folder, path: pty, port: port, on: group, report: report))
            } catch {
                throw Failure("\(error)")
            }
        }
        if usb {
            return .usb(
                try await USBDeviceServer.start(
                    setup: setup, folder: folder, faults: usbFault, on: group, report: report, noticed: say))
        }
        let port = port ?? Self.defaultPort
        do {
            return .udp(
                try await UDPDeviceServer.start(
                    setup: setup, folder: folder, host: host, port: port, on: group, report: report))
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw Failure("UDP port \(port) of \(host) is in use; choose another with --port")
        } catch {
            throw Failure("cannot listen on UDP \(host):\(port): \(error)")
        }
    }

    private func say(_ notice: USBSocket.Notice) {
        StandardOutput.write(line: json || control ? notice.json.serialized() : notice.description)
    }

    private func sayReady(_ device: RunningDevice, setup: DeviceSetup) {
        let authorityPath = (deviceCA ?? state.map { $0 + "/device-ca" }).map { $0 + "/device-ca.pem" }
        let address =
            switch device {
            case .udp(let server): "udp://\(host):\(server.port)"
            case .terminal: "serial:\(pty ?? "")"
            case .usb: "usb:\(setup.identity.serial)"
            }
        guard json || control else {
            StandardOutput.write(line: "\(setup.identity.serial) listens on \(address), seed \(setup.seed)")
            StandardOutput.write(
                line: authorityPath.map { "its device CA is \($0)" }
                    ?? "its device CA lives in memory only: give --device-ca DIR, so that a hub can trust it")
            return
        }
        let ready: JSONValue = [
            "event": "ready", "port": device.port.map { .integer(Int64($0)) } ?? .null, "link": .string(address),
            "serial": .string(setup.identity.serial.text), "seed": .string(String(setup.seed)),
            "buf_count": .integer(Int64(device.server.bufferCount)),
            "device_ca": authorityPath.map(JSONValue.string) ?? .null,
        ]
        StandardOutput.write(line: ready.serialized())
    }

    private func perform(_ text: String, on device: RunningDevice) {
        do throws(ControlLine.Refusal) {
            switch try ControlLine(text).order {
            case .device(let command): device.server.perform(command)
            case .line(let order): try device.perform(order)
            case .usb(let command): try device.perform(command)
            }
        } catch {
            let report = DeviceReport.commandRefused(reason: error.description)
            StandardOutput.write(line: report.json.serialized())
        }
    }

    private func stop(_ device: RunningDevice) async throws {
        do {
            try await device.server.stop()
        } catch {
            throw Failure("cannot stop: \(error)")
        }
    }
}
