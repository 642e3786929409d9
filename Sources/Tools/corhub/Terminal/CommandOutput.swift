import ArgumentParser
import JSONCoding

/// How a command tells its result: one JSON value on standard output with `--json`, lines for people otherwise;
/// problems on standard error in both cases.
struct CommandOutput {
    let command: String
    let isJSON: Bool

    func tell(_ value: JSONValue, lines: () -> [String]) {
        if isJSON {
            StandardStreams.printLine(value.serialized())
        } else {
            lines().forEach(StandardStreams.printLine)
        }
    }

    /// Runs the command; a problem becomes its line and its exit status.
    func run(_ body: () async throws(CommandProblem) -> Void) async throws {
        do throws(CommandProblem) {
            try await body()
        } catch {
            if isJSON {
                let problem: JSONValue = [
                    "error": ["code": .string(error.code), "message": .string(error.message)]
                ]
                StandardStreams.printLine(problem.serialized())
            }
            StandardStreams.printErrorLine("corhub \(command): \(error.message)")
            throw ExitCode(error.status.rawValue)
        }
    }
}
