import ESRAnalysis
import Foundation
import JSONCoding
import Testing

/// Twelve labelled runs made by another implementation of the same equations.
@Suite("Sample runs")
struct SampleRunTests {
    private struct Sample {
        var label: String
        var truth: Double
        var run: ESRAnalysis.SedimentationRun
    }

    private func samples() throws -> [Sample] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Fixtures/esr/sample_runs.jsonl")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            let json = try JSONValue.parse(String(line))
            return Sample(
                label: try #require(json["label"]?.stringValue),
                truth: try #require(json["truth"]?["esr60"]?.numberValue),
                run: SedimentationRun(
                    falls: try #require(json["z_mm"]?.arrayValue).map(\.numberValue), periodSeconds: 5,
                    temperature: json["temp_c"]?.numberValue, tilt: json["tilt_deg"]?.numberValue))
        }
    }

    @Test("Undisturbed runs get a number whose interval holds the truth")
    func undisturbed() throws {
        for sample in try samples() where sample.label == "none" {
            let verdict = ESRAnalyzer().verdict(on: sample.run)
            let estimate = try #require(verdict.estimate)
            #expect(estimate.interval90.contains(sample.truth), "\(estimate) \(sample.truth)")
        }
    }

    @Test("Disturbed runs have no result, for the reason that fits")
    func disturbed() throws {
        let expected: [String: Set<ESRReason>] = [
            "clot": [.fallStalled], "bubble": [.levelStep, .levelFellBack], "haemolysis": [.noiseExcess],
            "knock": [.levelFellBack], "underfill": [.underfill], "tilted": [.tiltExcess], "stalled": [.fallStalled],
        ]
        var seen: Set<String> = []
        for sample in try samples() {
            guard let reasons = expected[sample.label] else { continue }
            let verdict = ESRAnalyzer().verdict(on: sample.run)
            #expect(verdict.status == .noResult, "\(sample.label)")
            #expect(!reasons.isDisjoint(with: verdict.reasons), "\(sample.label) \(verdict.reasons)")
            seen.insert(sample.label)
        }
        #expect(seen == Set(expected.keys))
    }
}
