import ArgumentParser

@main
struct Corhub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corhub",
        abstract: "The agent of a home hub for COR One.",
        subcommands: [SMPCommand.self])
}
