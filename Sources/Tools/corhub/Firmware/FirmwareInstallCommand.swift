import ArgumentParser
import HubCore
import JSONCoding
import UpstreamClient

struct FirmwareInstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Install a firmware image on a device.",
        discussion: """
            Examples: corhub firmware install cor-one-1.4.0.bin
                      corhub firmware install cor-one-1.4.0.bin --device COR1-000042 --no-wait

            The image is judged, sent, tried once by the device's boot loader, and confirmed after it has passed its self-test and \
            stayed up; otherwise the device goes back to what it ran before. Ctrl-C stops looking, not the update: `corhub \
            firmware cancel` does that.

            Exit status: 0 confirmed, 1 refused, failed or reverted, 2 cancelled, or not begun since the image failed here before or \
            another update runs, 75 it may be tried again.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The image, as imgtool signed it.")
    var file: String
    @Option(help: "The device's serial number or name. May be left out where the hub knows one device only.")
    var device: String?
    @Flag(help: "An older version than the device's is accepted. The security counter holds nevertheless.")
    var allowDowngrade = false
    @Flag(help: "Wait for the maintenance window; otherwise it begins as soon as nothing else is in its way.")
    var inWindow = false
    @Flag(help: "Try an image again that failed on this device.")
    var again = false
    @Flag(help: "Return as soon as the agent has taken the image.")
    var noWait = false

    func run() async throws {
        let output = control.output("firmware install")
        try await output.runToStatus { () async throws(CommandProblem) in
            let bytes = try FirmwareFile.read(file, lengthMax: FirmwareOffer.Target.lengthMax)
            guard !bytes.isEmpty else { throw CommandProblem(.failed, code: "file-empty", "\(file) is empty") }
            let client = try control.client()
            let serial = try await FirmwareDevice.choose(device, client)
            let name = file.split(separator: "/").last.map(String.init) ?? file
            var target = "/v1/firmware/install?device=\(serial.pathSegment)&name=\(name.queryValue)"
            if allowDowngrade { target += "&downgrade=1" }
            if inWindow { target += "&window=maintenance" }
            if again { target += "&again=1" }
            var answer = try await client.post(target, body: bytes)
            if !noWait {
                let watch = FirmwareWatch(client: client, serial: serial, isShown: !control.json)
                answer = try await Interruptible.run(
                    orSaying: "the update goes on; `corhub firmware cancel` gives it up"
                ) { [answer] () async throws(CommandProblem) in try await watch.follow(answer) }
            }
            output.tell(answer) { FirmwareUpdateText.lines(answer) }
            return noWait ? .done : answer.list("updates").first.flatMap(FirmwareUpdateText.status) ?? .failed
        }
    }
}
