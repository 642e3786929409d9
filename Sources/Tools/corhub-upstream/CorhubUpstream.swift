import ArgumentParser

@main
struct CorhubUpstream: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corhub-upstream",
        abstract: "The reference receiver of hubs' batches.",
        discussion: """
            Examples: corhub-upstream init state --environment test
                      corhub-upstream serve --state state --device-ca device-ca.pem
                      corhub-upstream token create hub-0001 --state state
                      corhub-upstream operator create alice --state state --out alice
            """,
        subcommands: [
            Init.self, Serve.self, Token.self, Operator.self, Hub.self, Device.self, Authority.self,
            Firmware.self, ReleaseCommand.self, RolloutCommand.self, Completions.self,
        ])
}
