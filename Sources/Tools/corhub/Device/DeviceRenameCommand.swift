import ArgumentParser
import JSONCoding

struct DeviceRenameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a device a name; it stays on this hub.",
        discussion: """
            Examples: corhub device rename COR1-000042 Kitchen
                      corhub device rename COR1-000042 --clear
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The device's serial number or name.")
    var serial: String
    @Argument(help: "1 to 64 bytes.")
    var name: String?
    @Flag(help: "Take the name away.")
    var clear = false

    func validate() throws {
        guard (name == nil) == clear else { throw ValidationError("give a name, or --clear") }
    }

    func run() async throws {
        let output = control.output("device rename")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().post(
                "/v1/devices/\(serial.pathSegment)/rename", ["name": name.map { .string($0) } ?? .null])
            output.tell(answer) { [name.map { "\(serial) is called \($0)" } ?? "\(serial) has no name"] }
        }
    }
}
