import ArgumentParser
import JSONCoding
import UpstreamClient

struct BufferVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every stored row, the audit chain and the batch chain.",
        discussion: "Example: corhub buffer verify. Exit status 1 when damage was found.")

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let output = control.output("buffer verify")
        try await output.runToStatus { () async throws(CommandProblem) in
            let bar = ProgressBarBox()
            let report = ReportBox()
            try await control.client().lines(HTTPRequest(.post, "/v1/buffer/verify")) { line in
                switch line.text("event") {
                case "progress": bar.update(line)
                default: report.keep(line)
                }
                return true
            }
            bar.end()
            guard let found = report.value else {
                throw CommandProblem(.failed, code: "agent-answer", "the agent ended before its report")
            }
            guard found.text("event") != "failed" else {
                throw CommandProblem(.failed, code: "storage", found.text("message"))
            }
            output.tell(found) {
                [
                    "\(found.text("rows")) rows, \(found.text("payloads")) payloads, "
                        + "\(found.text("audit_entries")) audit entries, \(found.text("batches")) batches: "
                        + (found.text("sound") == "yes" ? "all sound" : "DAMAGED")
                ] + found.list("damages").compactMap(\.stringValue)
            }
            return found["sound"]?.boolValue == true ? .done : .failed
        }
    }
}
