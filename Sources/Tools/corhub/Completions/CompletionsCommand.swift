import ArgumentParser

/// `corhub completions SHELL`: the script that lets a shell complete this command line.
struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print the completion script of a shell.",
        discussion: """
            Examples: corhub completions bash > /etc/bash_completion.d/corhub
                      corhub completions zsh > ~/.zsh/completions/_corhub
                      corhub completions fish > ~/.config/fish/completions/corhub.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        var script: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() {
        StandardStreams.printLine(Corhub.completionScript(for: shell.script))
    }
}
