import ArgumentParser
import JSONCoding

struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "The model that the analysis estimates with.",
        subcommands: [ModelStatusCommand.self, ModelInstallCommand.self, ModelRollbackCommand.self])

    static func lines(_ answer: JSONValue) -> [String] {
        var lines = [
            "algorithm  \(answer.text("algorithm")) \(answer.text("algorithm_version")), profile \(answer.text("profile"))"
        ]
        guard answer["analysis_on"]?.boolValue == true else {
            return lines + ["model      none: the analysis is off, see `corhub audit show`"]
        }
        lines.append("model      \(answer.text("in_use", "version")), \(answer.text("source"))")
        lines.append("           \(answer.text("in_use", "data"))")
        lines.append("           SHA-256 \(answer.text("in_use", "sha256"))")
        lines.append(
            "rollback   \(answer["can_roll_back"]?.boolValue == true ? "possible" : "there is nothing to go back to")")
        if answer["takes_models"]?.boolValue != true {
            lines.append("           no models are taken: analysis.model_certificate is not configured")
        }
        return lines
    }
}
