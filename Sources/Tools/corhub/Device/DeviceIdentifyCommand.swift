import ArgumentParser
import JSONCoding

struct DeviceIdentifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identify", abstract: "Let a connected device blink, to know which one it is.",
        discussion: "Example: corhub device identify COR1-000042 --seconds 20")

    @OptionGroup var control: ControlOptions
    @Argument(help: "The device's serial number or name.")
    var serial: String
    @Option(help: "For how long, 1 to 60.")
    var seconds = 10

    func validate() throws {
        guard (1...60).contains(seconds) else { throw ValidationError("--seconds is 1 to 60") }
    }

    func run() async throws {
        let output = control.output("device identify")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().post(
                "/v1/devices/\(serial.pathSegment)/identify?seconds=\(seconds)")
            output.tell(answer) { ["\(serial) blinks for \(seconds) s"] }
        }
    }
}
