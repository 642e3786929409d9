import ArgumentParser
import JSONCoding

struct DeviceAssignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assign", abstract: "Say whose a device's measurements are from now on.",
        discussion: """
            Examples: corhub device assign COR1-000001 subject-0001
                      corhub device assign COR1-000001 --nobody

            Runs that began before stay with whom they were, or wait: another person may have made them. With --waiting they \
            are given to this person too, all of them. With --nobody every run waits until `corhub reading assign`.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The device's serial number or name.")
    var serial: String
    @Argument(help: "Opaque id of the person, 1 to 64 bytes; no name.")
    var subject: String?
    @Flag(help: "Nobody: each run waits to be assigned.")
    var nobody = false
    @Flag(help: "Give the person the device's waiting runs too.")
    var waiting = false

    func validate() throws {
        guard (subject == nil) == nobody else { throw ValidationError("name a person, or --nobody") }
        guard !(nobody && waiting) else { throw ValidationError("--waiting needs a person") }
    }

    func run() async throws {
        let output = control.output("device assign")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().post(
                "/v1/devices/\(serial.pathSegment)/assign",
                ["subject": subject.map { .string($0) } ?? .null, "waiting": .bool(waiting)])
            let count = answer["results"]?.integerValue ?? 0
            output.tell(answer) {
                [
                    nobody
                        ? "runs of \(serial) wait to be assigned from now on"
                        : "runs of \(serial) that begin from now on are this person's"
                ]
                    + (waiting ? ["\(count) waiting runs were given to this person"] : [])
            }
        }
    }
}
