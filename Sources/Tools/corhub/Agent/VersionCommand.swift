import ArgumentParser
import ESRAnalysis
import HubAgent
import JSONCoding

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version, and the build id that each batch carries.",
        discussion: "Example: corhub version --json | jq -r .build")

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        CommandOutput(command: "version", isJSON: json).tell([
            "schema": "corhub/version/1", "version": .string(CorhubVersion.text),
            "build": .string(CorhubVersion.buildText),
            "store_format": .integer(Int64(CorhubVersion.storeFormat)),
            "analysis": .string(ESRAnalyzer.algorithm), "analysis_version": .string(ESRAnalyzer.version),
        ]) {
            [
                "corhub \(CorhubVersion.text) (\(ESRAnalyzer.algorithm) \(ESRAnalyzer.version))",
                "build \(CorhubVersion.buildText.isEmpty ? "unknown" : CorhubVersion.buildText)",
            ]
        }
    }
}
