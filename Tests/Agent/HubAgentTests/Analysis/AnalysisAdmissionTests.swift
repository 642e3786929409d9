import CORProtocol
import ESRAnalysis
import HubCore
import Testing

@testable import HubAgent

@Suite("Admission of the analysis at start")
struct AnalysisAdmissionTests {
    private let time = TimeBlock(
        bootID: [UInt8](repeating: 0, count: 16), boottimeNanoseconds: 0, wallMilliseconds: 0, sync: .synchronised,
        rtcPresent: false)

    @Test("The analysis that this program was built with passes its self-test, without an alarm")
    func passes() {
        let admission = AnalysisAdmission(ESRAnalyzer())
        #expect(admission.alarm == nil)
        #expect(admission.audit(at: time) == nil)
        #expect(admission.analyzer.model != nil)
    }

    @Test("An analysis that fails its self-test is switched off, with an alarm and an audit entry")
    func fails() {
        var profile = ESRProfile.short60
        profile.noiseMax = 0
        let admission = AnalysisAdmission(ESRAnalyzer(profile: profile))
        let alarm = "analysis is off, its self-test failed: known run 0 has no result (noise-excess"
        #expect(admission.alarm?.hasPrefix(alarm) == true)
        #expect(admission.analyzer.model == nil)
        let draft = admission.audit(at: time)
        #expect(draft?.outcome == .failed)
        #expect(draft?.detail == admission.alarm)
        let run = SedimentationRun(
            falls: .init(repeating: 1, count: 400), periodSeconds: 5, temperature: 20, tilt: 0)
        #expect(admission.analyzer.verdict(on: run).reasons == [.selfTestFailed])
    }
}
