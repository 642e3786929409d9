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
        #expect(output["version"] == "0.1.0")
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
}
