import ArgumentParser
import JSONCoding

struct BufferRequeueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requeue", abstract: "Send again what lies in batches that the upstream rejected.",
        discussion: """
            Examples: corhub buffer requeue
                      corhub buffer requeue 7f3a…/12

            Once the cause is mended: `corhub audit show` has the upstream's reason beside "quarantine". A rejected batch \
            keeps its place in the history; its records, results and entries go again in new batches, under the same ids.
            Exit status: 0 done, 2 nothing lies in rejected batches, 3 no such rejected batch.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "One batch, EPOCH/SEQUENCE; all rejected ones unless given.")
    var batch: String?

    func validate() throws {
        guard batch.map({ $0.split(separator: "/").count == 2 }) ?? true else {
            throw ValidationError("a batch is named EPOCH/SEQUENCE")
        }
    }

    func run() async throws {
        let output = control.output("buffer requeue")
        try await output.runToStatus { () async throws(CommandProblem) in
            let answer = try await control.client().post("/v1/buffer/requeue\(query)")
            let count = answer["items"]?.integerValue ?? 0
            output.tell(answer) {
                count == 0
                    ? ["nothing lies in rejected batches"]
                    : ["\(count) items of \(answer.list("batches").count) rejected batches are sent again"]
            }
            return count == 0 ? .nothingToDo : .done
        }
    }

    private var query: String {
        guard let parts = batch?.split(separator: "/"), parts.count == 2 else { return "" }
        return "?epoch=\(String(parts[0]).pathSegment)&sequence=\(String(parts[1]).pathSegment)"
    }
}
