import ArgumentParser

/// `corhub enroll`: the hub's certificates, from the first to the next.
struct EnrollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll", abstract: "Enrol this hub at its upstream; show and renew its certificates.",
        discussion: """
            Examples: corhub enroll --url https://upstream.example:8443 --token -
                      corhub enroll status
                      corhub enroll renew
            """,
        subcommands: [EnrollHubCommand.self, EnrollStatusCommand.self, EnrollRenewCommand.self],
        defaultSubcommand: EnrollHubCommand.self)
}
