import ArgumentParser

/// A virtual COR One for tests, demonstrations and firmware engineers.
@main
struct CoroneSim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corone-sim",
        abstract:
            "A virtual COR One: it speaks SMP over UDP or a serial line, measures, signs, and misbehaves on request.",
        discussion: """
            Without a subcommand it runs one device. With --control it takes commands as JSON lines on standard input, \
            {"do": "run", "artefact": "none", "minutes": 30, "seed": 7} for example, and ends with the input.
            """,
        subcommands: [RunDevice.self, MakeAuthority.self, Completions.self],
        defaultSubcommand: RunDevice.self)
}
