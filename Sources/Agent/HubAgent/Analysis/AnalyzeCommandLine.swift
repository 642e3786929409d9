import ESRAnalysis
package import JSONCoding

/// `corhub analyze FILE [--minutes N]`, without its files: a line in, a line out. Needs no daemon.
package enum AnalyzeCommandLine {
    /// The verdict on the run in `line`, which stands at `lineNumber` (from 1) of its file, from its first `minutes`.
    ///
    /// Never fails: a line that holds no run has no result for the reason `input-malformed`.
    package static func analyze(line: String, lineNumber: Int, minutes: Double? = nil) -> JSONValue {
        let analyzer = ESRAnalyzer()
        var index = Int64(lineNumber)
        let verdict: ESRVerdict
        do throws(AnalyzeInput.Refusal) {
            let input = try AnalyzeInput(line)
            index = input.index ?? index
            verdict = analyzer.verdict(on: try input.run(), minutes: minutes)
        } catch {
            verdict = analyzer.refusal(.inputMalformed)
        }
        return AnalyzeOutput(index: index, verdict: verdict).json
    }
}
