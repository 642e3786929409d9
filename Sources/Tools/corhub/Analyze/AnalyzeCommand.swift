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
            corhub analyze runs.jsonl --features --explain --plot first.svg

            FILE may be - for standard input. --plot draws the first run. Labels and truths in the file are never read. Not a diagnosis.
            """)

    @Argument(help: "File of JSON lines; - reads standard input.")
    var file: String

    @Option(help: "Look at the first N minutes only.")
    var minutes: Double?

    @Flag(help: "Add what was measured on the curve.")
    var features = false

    @Flag(help: "Add which rules fired, with the numbers, and which model and limits were used.")
    var explain = false

    @Option(help: "Draw the first run into this SVG file: samples, curve, estimate with its interval.")
    var plot: String?

    func validate() throws {
        if let minutes {
            guard minutes.isFinite, minutes > 0 else { throw ValidationError("--minutes is a positive number") }
        }
    }

    func run() async throws {
        try await CommandOutput(command: "analyze", isJSON: false).run { () async throws(CommandProblem) in
            var lines = try LineReader(file)
            let analysis = AnalyzeCommandLine(minutes: minutes, showsFeatures: features, explains: explain)
            var drawing = plot
            var number = 0
            while let line = try lines.next() {
                number += 1
                guard !line.isEmpty else { continue }
                let answer = analysis.answer(line: line, lineNumber: number, draws: drawing != nil)
                if let path = drawing, let svg = answer.svg {
                    try Self.write(svg, to: path)
                    drawing = nil
                }
                StandardStreams.printLine(answer.json.serialized())
            }
            if let path = drawing {
                throw CommandProblem(.failed, code: "nothing-to-draw", "\(path): the file holds no run to draw")
            }
        }
    }

    private static func write(_ text: String, to path: String) throws(CommandProblem) {
        let bytes = Array(text.utf8)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandProblem(.failed, code: "file-unwritable", "\(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else {
                throw CommandProblem(.failed, code: "file-unwritable", "\(path): \(String(cString: strerror(errno)))")
            }
            start += max(count, 0)
        }
    }
}
