import HubAgent
import JSONCoding
import Testing

@Suite("corhub analyze, line by line")
struct AnalyzeCommandLineTests {
    private func analyze(_ line: String, minutes: Double? = nil) -> JSONValue {
        AnalyzeCommandLine.analyze(line: line, lineNumber: 7, minutes: minutes)
    }

    /// A fall of 0.2 mm/min with a noise that repeats.
    private func line(_ members: String, samples: Int = 361) -> String {
        let falls = (0..<samples).map { index in
            let micrometres = index * 17 + [0, 90, -60, 40, -110, 30, 100, -80][index % 8]
            return String(Double(micrometres) / 1_000)
        }
        return "{\(members), \"period_s\": 5, \"z_mm\": [\(falls.joined(separator: ","))]}"
    }

    private func reasons(_ output: JSONValue) -> [String] {
        (output["reasons"]?.arrayValue ?? []).compactMap(\.stringValue)
    }

    @Test("A run has a number and an interval around it")
    func number() throws {
        let output = analyze(line("\"index\": 3, \"temp_c\": 20, \"tilt_deg\": 0.1, \"label\": \"none\""))
        #expect(output["index"] == 3)
        let value = try #require(output["esr_mm_h"]?.numberValue, "\(output)")
        let low = try #require(output["interval90"]?[0]?.numberValue)
        let high = try #require(output["interval90"]?[1]?.numberValue)
        #expect(low <= value && value <= high)
        #expect(output["minutes"]?.numberValue == 30)
        #expect(output["algorithm"] == "corhub.esr")
        #expect(output["version"] == "0.4.0")
    }

    @Test("Asked for fewer minutes, only those are used")
    func minutes() {
        let output = analyze(line("\"temp_c\": 20, \"tilt_deg\": 0.1"), minutes: 10)
        #expect(output["minutes"]?.numberValue == 10)
        #expect(output["status"] == "preliminary")
        #expect(reasons(output).contains("before-30-minutes"))
    }

    @Test(
        "A line that holds no run is malformed, and says so under its line number",
        arguments: [
            "", "nonsense", "[]", "{}", "{\"z_mm\": []}", "{\"z_mm\": 1, \"period_s\": 5}",
            "{\"z_mm\": [\"1\"], \"period_s\": 5}", "{\"z_mm\": [1], \"period_s\": \"5\"}",
            "{\"z_mm\": [NaN], \"period_s\": 5}", "{\"z_mm\": [1e999], \"period_s\": 5}",
            "{\"z_mm\": [1], \"period_s\": 5, \"profile\": 3}", "{\"z_mm\": [1], \"z_mm\": [1], \"period_s\": 5}",
        ])
    func malformed(line: String) {
        let output = analyze(line)
        #expect(output["status"] == "no-result")
        #expect(reasons(output) == ["input-malformed"])
        #expect(output["index"] == 7)
        #expect(output["esr_mm_h"] == .null)
        #expect(output["interval90"] == .null)
    }

    @Test("A start uncertainty of null is a missing start event, an absent one is the profile's")
    func start() {
        let known = "\"temp_c\": 20, \"tilt_deg\": 0"
        #expect(reasons(analyze(line(known + ", \"start_uncertainty_s\": null"))).contains("start-event-missing"))
        #expect(reasons(analyze(line(known + ", \"start_uncertainty_s\": 61"))).contains("start-uncertain"))
        #expect(reasons(analyze(line(known + ", \"profile\": {\"t0_sd_s\": 90}"))).contains("start-uncertain"))
        #expect(analyze(line(known))["esr_mm_h"]?.numberValue != nil)
    }

    @Test("A million samples are refused for their number")
    func million() {
        let zeros = [String](repeating: "0", count: 1_000_000).joined(separator: ",")
        let output = analyze("{\"z_mm\": [\(zeros)], \"period_s\": 5, \"temp_c\": 20, \"tilt_deg\": 0}")
        #expect(reasons(output) == ["too-many-samples"])
    }

    @Test("Features and the rules that fired stand in the answer when they are asked for, and only then")
    func report() throws {
        let run = line("\"temp_c\": 26, \"tilt_deg\": 0.1")
        #expect(analyze(run)["features"] == nil)
        let full = AnalyzeCommandLine(minutes: 10, showsFeatures: true, explains: true)
        let output = full.answer(line: run, lineNumber: 1).json
        #expect(output["features"]?["part_levels_mm"]?.arrayValue?.count == 24)
        let rules = try #require(output["explanation"]?["rules"]?.arrayValue)
        #expect(rules.compactMap { $0["reason"]?.stringValue } == reasons(output))
        let early = try #require(rules.first { $0["reason"] == "before-30-minutes" })
        #expect(early["measured"]?.numberValue == 10)
        #expect(early["limit"]?.numberValue == 30)
        #expect(early["consequence"] == "preliminary")
        #expect(output["explanation"]?["model_sha256"]?.stringValue?.count == 64)
        let refused = full.answer(line: "nonsense", lineNumber: 1).json
        #expect(refused["features"] == .null)
    }

    @Test("A picture shows the samples, the curve and the interval, or says why there is no number")
    func plot() throws {
        let command = AnalyzeCommandLine()
        let svg = try #require(
            command.answer(line: line("\"temp_c\": 20, \"tilt_deg\": 0.1"), lineNumber: 1, draws: true).svg)
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("<polyline") && svg.contains("not a diagnosis") && svg.contains("mm/h (90 %"))
        #expect(svg.split(separator: "<").count { $0.hasPrefix("circle") } > 300)
        let refused = try #require(command.answer(line: line("\"temp_c\": 40"), lineNumber: 1, draws: true).svg)
        #expect(refused.contains("no result: temperature-out-of-range"))
        #expect(command.answer(line: "nonsense", lineNumber: 1, draws: true).svg == nil)
        let huge = "{\"z_mm\": [1e300, -1e300], \"period_s\": 1e-300, \"temp_c\": 20}"
        #expect(command.answer(line: huge, lineNumber: 1, draws: true).svg?.hasSuffix("</svg>\n") == true)
    }
}
