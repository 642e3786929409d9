import ArgumentParser
import JSONCoding

/// `corhub device register`: makes a connected device this hub's.
struct DeviceRegisterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Make a connected device this hub's.",
        discussion: """
            Example: corhub device register COR1-000042

            Somebody presses the button on the device. Where the upstream cannot be reached it is told later, by itself; the \
            device is used at once. Where the upstream has the device as another hub's, the same command asks again.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The device's serial number or name.")
    var serial: String

    func run() async throws {
        let output = control.output("device register")
        try await output.runToStatus { () async throws(CommandProblem) in
            let dialogue = RegistrationDialogue(client: try control.client(), isJSON: control.json)
            let answer = try await dialogue.carryOut(.register, serial)
            output.tell(answer) { [] }
            return answer.text("state") == "contested" ? .blocked : .done
        }
    }
}
