import ArgumentParser

struct DiagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diag", abstract: "Gather what somebody needs who helps from afar.",
        subcommands: [DiagCollectCommand.self])
}
