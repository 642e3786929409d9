import ArgumentParser
import JSONCoding

struct ReadingAnalyzeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze", abstract: "Analyse stored readings with the present version and model.",
        discussion: """
            Examples: corhub reading analyze 8a1f6d02
                      corhub reading analyze --all

            It adds a result and replaces none. Exit status: 0 done, 2 there is nothing new to say, 75 the analysis is off.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The record id, or its first 8 digits and more.")
    var id: String?
    @Flag(help: "All readings whose raw data are on the hub.")
    var all = false

    func validate() throws {
        guard (id == nil) == all else { throw ValidationError("name a reading, or --all") }
    }

    func run() async throws {
        let output = control.output("reading analyze")
        try await output.runToStatus { () async throws(CommandProblem) in
            let path = id.map { "/v1/readings/\($0.pathSegment)/analyze" } ?? "/v1/readings/analyze"
            let answer = try await control.client().post(path)
            let count = answer["results"]?.integerValue ?? 0
            output.tell(answer) { [count == 0 ? "there is nothing new to say" : "\(count) results were added"] }
            return count == 0 ? .nothingToDo : .done
        }
    }
}
