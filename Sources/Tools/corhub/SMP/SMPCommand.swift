import ArgumentParser
import DeviceLinks
import HubCore
import JSONCoding
import NIOPosix
import UnixSignals

/// `corhub smp LINK VERB`: the firmware engineer's tool against any SMP device.
struct SMPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "smp",
        abstract: "Speak SMP to a device, this hub's or any other.",
        discussion: """
            Example: corhub smp udp://192.168.1.20:1337 image list

            LINK is udp://HOST:PORT, serial:/dev/NAME, tcp:HOST:PORT (a serial line behind a socket, as QEMU has it), \
            usb:SERIAL or ble:ADDRESS. A serial line takes options, joined by "&":
              ?baud=115200           its speed
              &framing=raw           bare messages instead of the console's lines
              &line=127              bytes of the longest line to send
              &gap=5ms               a pause after each line, for receivers that hold few
              &message=384           bytes of the longest message, for devices that take less than they say
            VERB is one of:
              echo TEXT              have the device send the text back
              params                 its buffers
              info                   application, bootloader and buffers
              image list             what its slots hold
              image upload FILE      put an image into the secondary slot; resumes
              image test HASH        run an image once, at the next reset
              image confirm [HASH]   keep an image; without HASH the one that runs
              image erase            erase the secondary slot
              reset [bootloader]     restart the device, or stop in its boot loader's serial recovery
              datetime               its clock
            HASH is the hash that "image list" shows, or its beginning.

            Exit status: 0 done, 1 failed, 2 nothing to do, 3 not found, 4 blocked, 64 usage, 75 try again later.
            """)

    /// The name and version of what `--json` prints.
    static let schema = "corhub.smp/1"
    static let timeoutSecondsMax = 3_600.0

    @Argument(help: "The device, for example udp://127.0.0.1:1337.")
    var link: String

    @Argument(help: ArgumentHelp("What to do.", valueName: "verb"))
    var words: [String] = []

    @Flag(help: "Print one JSON object.")
    var json = false

    @Option(help: ArgumentHelp("How long an answer may take.", valueName: "seconds"))
    var timeout = 5.0

    @Option(help: "How often a request is sent before the device counts as silent.")
    var attempts = 3

    @Option(help: "Upload: which image of a device with several.")
    var image: UInt32?

    @Flag(help: "Upload: have the device refuse an image that is not newer.")
    var upgrade = false

    @Option(help: "Where the pairings of BLE devices are kept.")
    var state = "/var/lib/corhub"

    @Flag(help: "Allow an address beyond this machine. SMP over a socket is neither encrypted nor authenticated.")
    var allowRemote = false

    func run() async throws {
        let status: ExitStatus
        do throws(SMPProblem) {
            status = tell(try await perform())
        } catch {
            status = tell(error)
        }
        guard status == .done else { throw ExitCode(status.rawValue) }
    }

    private func perform() async throws(SMPProblem) -> SMPReport {
        let verb: SMPVerb
        do {
            verb = try SMPVerb(words: words)
        } catch {
            throw SMPProblem(status: .usage, code: "verb-malformed", message: "\(error)")
        }
        guard timeout > 0, timeout <= Self.timeoutSecondsMax, (1...100).contains(attempts) else {
            throw SMPProblem(
                status: .usage, code: "option-out-of-range",
                message: "--timeout is above 0 and up to 3600 seconds, --attempts 1 to 100")
        }
        let group = MultiThreadedEventLoopGroup.singleton
        let eventLoop = group.next()
        let bluetooth = BluetoothHost(
            BluetoothHost.Configuration(folder: state, awaitLimit: .seconds(timeout)))
        defer { bluetooth.close() }
        let deviceLink: any DeviceLink
        do {
            deviceLink = try DeviceLinkFactory(
                on: group, allowsRemote: allowRemote, hosts: [USBHost(awaitLimit: .seconds(timeout)), bluetooth]
            )
            .link(to: LinkAddress(link), on: eventLoop)
        } catch {
            throw SMPProblem(error)
        }
        let limits = SMPExchangeLimits(attemptCountMax: attempts, responseTimeout: .seconds(timeout))
        let client = SMPClient(link: deviceLink, limits: limits, on: eventLoop, firstSequence: .random(in: 0...255))
        do {
            try await client.open()
        } catch {
            if let obstacle = bluetooth.obstacle {
                throw SMPProblem(status: .blocked, code: "ble-off", message: obstacle)
            }
            throw SMPProblem(error)
        }
        defer { client.close() }
        let session = SMPSession(
            client: client, timeout: .seconds(timeout), imageNumber: image, upgrade: upgrade,
            link: deviceLink)
        return try await Self.untilInterrupted { () async -> Result<SMPReport, SMPProblem> in
            do throws(SMPProblem) {
                return .success(try await session.perform(verb))
            } catch {
                return .failure(error)
            }
        }.get()
    }

    /// Runs `operation`; SIGINT and SIGTERM cancel it, and it ends in its own way.
    private static func untilInterrupted<Value: Sendable>(
        _ operation: @escaping @Sendable () async -> Value
    ) async -> Value {
        let running = Task(operation: operation)
        let signals = Task {
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
                running.cancel()
            }
        }
        defer { signals.cancel() }
        return await running.value
    }

    private func tell(_ report: SMPReport) -> ExitStatus {
        if json {
            tell(["result": report.result])
        } else {
            report.lines.forEach(StandardStreams.printLine)
        }
        return report.status
    }

    private func tell(_ problem: SMPProblem) -> ExitStatus {
        if json {
            tell(["error": ["code": .string(problem.code), "message": .string(problem.message)]])
        }
        StandardStreams.printErrorLine("corhub smp: \(problem.message)")
        return problem.status
    }

    private func tell(_ members: JSONValue) {
        let verb = (try? SMPVerb(words: words))?.name
        let head: JSONValue = [
            "schema": .string(Self.schema), "link": .string(link), "verb": verb.map(JSONValue.string) ?? .null,
        ]
        StandardStreams.printLine(
            JSONValue.object((head.objectValue ?? []) + (members.objectValue ?? [])).serialized())
    }
}
