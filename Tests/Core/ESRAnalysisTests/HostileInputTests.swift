import DeviceSimulator
import ESRAnalysis
import Testing

/// Whatever a device sends: a coded refusal, never a trap, never a number.
@Suite("Hostile input")
struct HostileInputTests {
    private let analyzer = ESRAnalyzer()

    private func reasons(
        _ falls: [Double?], periodSeconds: Double = 5, change: (inout ESRAnalysis.SedimentationRun) -> Void = { _ in }
    ) -> [ESRReason] {
        var run = SedimentationRun(falls: falls, periodSeconds: periodSeconds, temperature: 20, tilt: 0)
        change(&run)
        let verdict = analyzer.verdict(on: run)
        #expect(verdict.status == .noResult)
        #expect(verdict.estimate == nil)
        return verdict.reasons
    }

    private func expectRefusal(
        _ reason: ESRReason, _ falls: [Double?], location: SourceLocation = #_sourceLocation,
        change: (inout ESRAnalysis.SedimentationRun) -> Void = { _ in }
    ) {
        let found = reasons(falls, change: change)
        #expect(found.contains(reason), sourceLocation: location)
    }

    @Test("Runs without enough samples")
    func few() {
        #expect(reasons([]).contains(.tooFewSamples))
        #expect(reasons([0.1]).contains(.tooFewSamples))
        #expect(reasons([nil]).contains(.tooFewSamples))
        expectRefusal(.tooFewSamples, .init(repeating: nil, count: 361))
    }

    @Test("Values that are no finite numbers", arguments: [Double.nan, .infinity, -.infinity, .signalingNaN])
    func notFinite(value: Double) {
        let falls = SimulatedRun.clean.falls
        #expect(reasons(falls + [value]).contains(.valueNotFinite))
        expectRefusal(.valueNotFinite, falls) { $0.temperature = value }
        expectRefusal(.valueNotFinite, falls) { $0.tilt = value }
        expectRefusal(.valueNotFinite, falls) { $0.temperatureTrace = [20, value] }
        expectRefusal(.valueNotFinite, falls) { $0.tiltTrace = [value] }
        expectRefusal(.valueNotFinite, falls) { $0.startEvent = .uncertain(seconds: value) }
        #expect(reasons(falls, periodSeconds: value).contains(.periodInvalid))
    }

    @Test("Finite values of any size", arguments: [Double.greatestFiniteMagnitude, -1e300, 1e18])
    func huge(value: Double) {
        expectRefusal(.levelOutOfColumn, .init(repeating: value, count: 361))
        let falls = SimulatedRun.clean.falls
        expectRefusal(.temperatureOutOfRange, falls) { $0.temperature = value }
        expectRefusal(.tiltExcess, falls) { $0.tilt = value }
        #expect(reasons((0..<361).map { $0 % 2 == 0 ? value : -value }).contains(.levelOutOfColumn))
    }

    @Test("A period outside of 1 to 10 seconds", arguments: [-5, 0, 0.999, 10.001, 5_000])
    func period(seconds: Double) {
        #expect(reasons(SimulatedRun.clean.falls, periodSeconds: seconds).contains(.periodInvalid))
    }

    @Test("More than 20,000 samples, at the limit, one beyond, and a million")
    func many() {
        let falls = [Double?](repeating: 0.1, count: 20_000)
        #expect(!reasons(falls).contains(.tooManySamples))
        #expect(reasons(falls + [0.1]) == [.tooManySamples])
        expectRefusal(.tooManySamples, .init(repeating: 0.1, count: 1_000_000))
        let trace = [Double](repeating: 20, count: 20_001)
        expectRefusal(.tooManySamples, SimulatedRun.clean.falls) { $0.temperatureTrace = trace }
    }

    @Test("Noise of every kind never traps")
    func noise() {
        var generator = SeededGenerator(seed: 99)
        for round in 0..<60 {
            let size = [0.001, 0.2, 5, 1e6][round % 4]
            let falls = (0..<(round * 9)).map { _ in
                generator.uniform() < 0.2 ? nil : Optional(size * generator.normal())
            }
            let run = SedimentationRun(falls: falls, periodSeconds: 5, temperature: 20, tilt: 0)
            let verdict = analyzer.verdict(on: run, minutes: 60 * generator.uniform())
            #expect((verdict.estimate == nil) == (verdict.status == .noResult))
        }
    }

    @Test("Minutes that are no number are refused", arguments: [Double.nan, -Double.infinity])
    func minutes(value: Double) {
        #expect(analyzer.verdict(on: SimulatedRun.clean.input, minutes: value).status == .noResult)
    }
}
