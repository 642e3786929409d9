import ArgumentParser
import HubAgent

/// `corhub config docs`: every key.
struct ConfigDocsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "docs", abstract: "Tell every key: its form, default, range and meaning.",
        discussion: "Example: corhub config docs --format toml > corhub.toml")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, toml, markdown
    }

    @Option(help: "text for a terminal, toml for an example file, markdown for docs/configuration.md.")
    var format = Format.text

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        CommandOutput(command: "config docs", isJSON: json).tell(ConfigurationGuide.json) {
            switch format {
            case .text: ConfigurationGuide.text
            case .toml: ConfigurationGuide.toml
            case .markdown: ConfigurationGuide.markdown
            }
        }
    }
}
