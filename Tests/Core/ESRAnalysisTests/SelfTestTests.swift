import DeviceSimulator
import ESRAnalysis
import Testing

@Suite("Self-test")
struct SelfTestTests {
    private func model(_ change: (inout [UInt8]) -> Void) throws -> ESRModel {
        var bytes = try #require(ESRModel.builtInBytes)
        change(&bytes)
        return ESRModel(try ESRModelArtefact(bytes, sha256: nil))
    }

    /// The first byte behind the header.
    private func start(_ bytes: [UInt8]) -> Int {
        (bytes.indices.first { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A } ?? 0) + 2
    }

    @Test("The built-in model gives the trainer's own answers on six known runs, and refuses them when disturbed")
    func passes() {
        #expect(SelfTest(ESRAnalyzer()).outcome() == .passed(runCount: 6))
    }

    @Test("A weight that differs in one bit of its exponent fails the self-test")
    func wrongWeight() throws {
        let changed = try model { $0[start($0) + 4 * 35 * 96 + 3] ^= 0x41 }
        let outcome = SelfTest(ESRAnalyzer(model: changed)).outcome()
        #expect(!outcome.isPassed)
    }

    @Test("Limits that let disturbances pass fail the self-test")
    func wrongLimits() {
        var profile = ESRProfile.short60
        profile.stepDownEvidenceMax = .infinity
        profile.stallEvidenceMax = .infinity
        #expect(SelfTest(ESRAnalyzer(profile: profile)).outcome() == .accepted(run: 0, disturbance: "step"))
    }

    @Test("Without a model, or with one of another profile, every run waits, and the reason says so")
    func withoutModel() {
        var other = ESRProfile.short60
        other.version = "short-61/1"
        for analyzer in [ESRAnalyzer().withoutModel, ESRAnalyzer(profile: other)] {
            #expect(SelfTest(analyzer).outcome() == .modelUnsound)
            let verdict = analyzer.verdict(on: SimulatedRun.clean.input)
            #expect(verdict.status == .noResult)
            #expect(verdict.reasons == [.selfTestFailed])
            #expect(verdict.estimate == nil)
        }
    }
}
