import ArgumentParser

struct RolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "What rollouts of firmware mean for the devices of this hub.",
        subcommands: [RolloutShowCommand.self])
}

struct RolloutShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show each device's place in each rollout, why it is in or out, and what it waits for.",
        discussion: """
            Example: corhub rollout show

            A rollout begins with a part of all devices and goes on from there. A device's place in it is from 0 to 9999, and \
            stays; it is in once the rollout's open stages go beyond it.
            """)

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("rollout show")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().get("/v1/rollouts")
            output.tell(answer) { FirmwareText.rolloutLines(answer) }
        }
    }
}
