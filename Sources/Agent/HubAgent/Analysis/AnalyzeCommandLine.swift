import ESRAnalysis
package import JSONCoding

/// `corhub analyze FILE`, without its files: a line in, a line out. Needs no daemon.
package struct AnalyzeCommandLine: Sendable {
    /// A line's answer, and the picture if one was asked for.
    package struct Answer: Sendable {
        package var json: JSONValue
        package var svg: String?
    }

    private let analyzer: ESRAnalyzer
    private let minutes: Double?
    private let showsFeatures: Bool
    private let explains: Bool

    /// - Parameter minutes: how much of each run is looked at; all of it when nil.
    package init(minutes: Double? = nil, showsFeatures: Bool = false, explains: Bool = false) {
        let candidate = ESRAnalyzer()
        analyzer = SelfTest(candidate).outcome().isPassed ? candidate : candidate.withoutModel
        self.minutes = minutes
        self.showsFeatures = showsFeatures
        self.explains = explains
    }

    /// The verdict on the run in `line`, which stands at `lineNumber` (from 1) of its file.
    ///
    /// Never fails: a line that holds no run has no result for the reason `input-malformed`.
    package func answer(line: String, lineNumber: Int, draws: Bool = false) -> Answer {
        var index = Int64(lineNumber)
        let verdict: ESRVerdict
        var svg: String?
        do throws(AnalyzeInput.Refusal) {
            let input = try AnalyzeInput(line)
            index = input.index ?? index
            let run = try input.run()
            verdict = analyzer.verdict(on: run, minutes: minutes)
            if draws { svg = AnalyzePlot(run: run, verdict: verdict).svg }
        } catch {
            verdict = analyzer.refusal(.inputMalformed)
        }
        let report = AnalyzeReport(verdict: verdict)
        var extras: [JSONMember] = []
        if showsFeatures { extras.append(JSONMember(name: "features", value: report.features)) }
        if explains { extras.append(JSONMember(name: "explanation", value: report.explanation)) }
        return Answer(json: AnalyzeOutput(index: index, verdict: verdict, extras: extras).json, svg: svg)
    }

    /// The plain answer to one line.
    package static func analyze(line: String, lineNumber: Int, minutes: Double? = nil) -> JSONValue {
        AnalyzeCommandLine(minutes: minutes).answer(line: line, lineNumber: lineNumber).json
    }
}
