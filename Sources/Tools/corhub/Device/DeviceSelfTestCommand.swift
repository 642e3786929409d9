import ArgumentParser
import JSONCoding

struct DeviceSelfTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "self-test", abstract: "Have a connected device test itself. Exit status 1: it failed.",
        discussion: "Example: corhub device self-test COR1-000042")

    @OptionGroup var control: ControlOptions
    @Argument(help: "The device's serial number or name.")
    var serial: String

    func run() async throws {
        let output = control.output("device self-test")
        try await output.runToStatus { () async throws(CommandProblem) in
            if !control.json { StandardStreams.printErrorLine("\(serial.printable) tests itself …") }
            let answer = try await control.client().post("/v1/devices/\(serial.pathSegment)/self-test")
            let hasPassed = answer["passed"] == true
            output.tell(answer) {
                [hasPassed ? "✓ passed" : "✗ failed; the device's record of it says what: corhub reading list"]
            }
            return hasPassed ? .done : .failed
        }
    }
}
