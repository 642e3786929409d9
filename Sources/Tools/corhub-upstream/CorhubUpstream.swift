import ArgumentParser

@main
struct CorhubUpstream: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corhub-upstream",
        abstract: "The reference receiver of hubs' batches.",
        subcommands: [Init.self, Serve.self, Token.self, Operator.self, Hub.self])
}
