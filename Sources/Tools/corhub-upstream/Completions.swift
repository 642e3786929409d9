import ArgumentParser

/// `corhub-upstream completions SHELL`.
struct Completions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print the completion script of a shell.",
        discussion: "Example: corhub-upstream completions bash > /etc/bash_completion.d/corhub-upstream")

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
        print(CorhubUpstream.completionScript(for: shell.script))
    }
}
