import ArgumentParser
import Glibc
import HubAgent
import JSONCoding

/// `corhub analyze FILE`: the pre-analysis without an agent, a line in, a line out.
struct AnalyzeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze", abstract: "Analyse sedimentation runs from a file of JSON lines.",
        discussion: """
            Example: corhub analyze runs.jsonl --minutes 20

            Each line is one run {"z_mm": […], "period_s": 5, "temp_c": 21.5, "tilt_deg": 0.1, …}; each answer is one line.
            FILE may be - for standard input. Labels and truths in the file are never read. Not a diagnosis.
            """)

    @Argument(help: "File of JSON lines; - reads standard input.")
    var file: String

    @Option(help: "Look at the first N minutes only.")
    var minutes: Double?

    func validate() throws {
        if let minutes {
            guard minutes.isFinite, minutes > 0 else { throw ValidationError("--minutes is a positive number") }
        }
    }

    func run() async throws {
        try await CommandOutput(command: "analyze", isJSON: false).run { () async throws(CommandProblem) in
            var lines = try LineReader(file)
            var number = 0
            while let line = try lines.next() {
                number += 1
                guard !line.isEmpty else { continue }
                let answer = AnalyzeCommandLine.analyze(line: line, lineNumber: number, minutes: minutes)
                StandardStreams.printLine(answer.serialized())
            }
        }
    }
}
