import ArgumentParser
import Testing

@testable import corhub

@Suite("Help")
struct HelpTests {
    /// Every command with its names, from the root on.
    private static func commands(
        of command: any ParsableCommand.Type = Corhub.self, path: String = "corhub"
    ) -> [(path: String, command: any ParsableCommand.Type)] {
        let children = command.configuration.subcommands.flatMap { child in
            commands(of: child, path: "\(path) \(child.configuration.commandName ?? child._commandName)")
        }
        return [(path, command)] + children
    }

    @Test("Every command says what it does, and those that do something show an example")
    func examples() {
        let commands = Self.commands()
        #expect(commands.count > 40)
        for (path, command) in commands {
            #expect(!command.configuration.abstract.isEmpty, "\(path)")
            guard command.configuration.subcommands.isEmpty else { continue }
            #expect(command.configuration.discussion.contains("Example"), "\(path)")
        }
    }

    @Test("Prose is broken by the terminal alone: a line that is broken in the source as well comes out ragged")
    func prose() {
        for (path, command) in Self.commands() {
            for line in command.configuration.discussion.split(separator: "\n").dropLast() where line.count > 100 {
                // What goes on in the next line ends without a full stop.
                #expect(line.hasSuffix(".") || line.hasSuffix(":") || line.hasPrefix(" "), "\(path): \(line)")
            }
        }
    }
}
