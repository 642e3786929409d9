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
        try await runToStatus { () async throws(CommandProblem) in
            try await body()
            return .done
        }
    }

    /// Runs a command that tells its result whatever the outcome, and ends with the status that `body` gives.
    func runToStatus(_ body: () async throws(CommandProblem) -> ExitStatus) async throws {
        let status: ExitStatus
        do throws(CommandProblem) {
            status = try await body()
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
        guard status == .done else { throw ExitCode(status.rawValue) }
    }
}
