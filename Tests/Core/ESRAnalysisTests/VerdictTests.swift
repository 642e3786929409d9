import DeviceSimulator
import ESRAnalysis
import Testing

@Suite("Verdicts")
struct VerdictTests {
    private let analyzer = ESRAnalyzer()

    @Test("The same run has the same verdict to the bit")
    func determinism() {
        var source = SedimentationRunSource(seed: 21)
        for artefact in Artefact.allCases {
            let run = source.run(artefact: artefact).input
            #expect(analyzer.verdict(on: run) == ESRAnalyzer().verdict(on: run))
        }
    }

    @Test("A number stands in a verdict exactly when no reason forbids it")
    func numbers() {
        var source = SedimentationRunSource(seed: 22)
        for artefact in Artefact.allCases {
            for minutes in [10, 30] {
                let verdict = analyzer.verdict(on: source.run(minutes: minutes, artefact: artefact).input)
                let forbidden = verdict.reasons.contains { $0.consequence == .noResult }
                #expect((verdict.estimate == nil) == forbidden)
                #expect((verdict.status == .noResult) == forbidden)
                if verdict.status == .final {
                    #expect(!verdict.reasons.contains { $0.consequence == .preliminary })
                }
            }
        }
    }

    @Test("A value beyond the reportable range is shown as its end, never suppressed")
    func range() throws {
        var fast = SedimentationModel.ordinary
        fast.gamma = 900
        fast.onsetMinute = 2
        fast.cellFraction = 0.2
        var source = SedimentationRunSource(seed: 23)
        let verdict = analyzer.verdict(on: source.run(of: fast, minutes: 60).input)
        let estimate = try #require(verdict.estimate, "\(verdict.reasons)")
        #expect(estimate.comparator == .above)
        #expect(estimate.value == analyzer.profile.reportableRange.upperBound)
        #expect(verdict.reasons.contains(.aboveRange))
    }

    @Test("Codes are kebab-case and each is used once")
    func codes() {
        let codes = ESRReason.allCases.map(\.rawValue)
        #expect(Set(codes).count == codes.count)
        #expect(codes.allSatisfy { $0.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" } })
    }

    @Test("The description that a model hash is taken over names algorithm, model and every limit")
    func description() {
        let text = analyzer.canonicalDescription
        #expect(text.hasPrefix("algorithm corhub.esr 0.4.0\nmodel synthetic-home/4+"))
        #expect(text.contains("\nnoise_max 0.25\n"))
        var changed = analyzer.profile
        changed.noiseMax = 0.3
        #expect(ESRAnalyzer(profile: changed).canonicalDescription != text)
    }

    /// A coarse check that keeps the whole chain honest; scripts/esr-accuracy is the measurement.
    @Test("Estimates of 300 fresh runs of 30 minutes scatter by less than 7 mm/h around the truth, without bias")
    func accuracy() {
        var source = SedimentationRunSource(seed: 24)
        var errors: [Double] = []
        var covered = 0
        for _ in 0..<300 {
            let run = source.run()
            guard let estimate = analyzer.verdict(on: run.input).estimate else { continue }
            errors.append(estimate.value - run.truth)
            covered += estimate.interval90.contains(run.truth) ? 1 : 0
        }
        let count = Double(errors.count)
        let bias = errors.reduce(0, +) / count
        let spread = (errors.reduce(0) { $0 + $1 * $1 } / count - bias * bias).squareRoot()
        #expect(errors.count >= 291)
        #expect(abs(bias) < 1)
        #expect(spread < 7)
        #expect((0.84...0.96).contains(Double(covered) / count))
    }
}
