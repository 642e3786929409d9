import CORProtocol
import ESRAnalysis
import HubCore
import Testing

@Suite("An estimate while the device still measures")
struct LiveRunTrackerTests {
    private typealias Measured = CORProtocol.SedimentationRun

    private func sample(_ index: Int, run: String = "CRT-1") -> LiveEvent {
        LiveEvent(
            run: run, index: index, fallMicrometres: Measured.fall(index),
            temperatureMillidegrees: 21_000,
            tiltMillidegrees: 200, samplePeriodMilliseconds: 5_000)
    }

    @Test("It comes once a minute, from the fifth on")
    func minutes() {
        var tracker = LiveRunTracker(analyzer: ESRAnalyzer())
        let estimated = (0...120).filter { tracker.take(sample($0)) != nil }
        #expect(estimated == [60, 72, 84, 96, 108, 120])
    }

    @Test("It is what the analysis says of the samples so far")
    func value() throws {
        var tracker = LiveRunTracker(analyzer: ESRAnalyzer())
        for index in 0..<60 { _ = tracker.take(sample(index)) }
        let verdict = ESRAnalyzer().verdict(
            on: .init(
                falls: (0...60).map { Double(Measured.fall($0)) / 1_000 }, periodSeconds: 5,
                temperature: 21,
                tilt: 0.2))
        #expect(
            tracker.take(sample(60))
                == LiveEstimate(
                    minutes: verdict.minutes, millimetresPerHour: verdict.estimate?.value,
                    interval90: verdict.estimate?.interval90, reasons: verdict.reasons.map(\.rawValue)))
    }

    @Test("Samples that were lost count as missing, and those that come twice or late are ignored")
    func lost() {
        var tracker = LiveRunTracker(analyzer: ESRAnalyzer())
        for index in 0..<60 where index % 20 != 7 { _ = tracker.take(sample(index)) }
        #expect(tracker.take(sample(30)) == nil)
        #expect(tracker.take(sample(60)) != nil)
        #expect(tracker.take(sample(60)) == nil)
    }

    @Test("Another cartridge begins another run")
    func otherRun() {
        var tracker = LiveRunTracker(analyzer: ESRAnalyzer())
        for index in 0...60 { _ = tracker.take(sample(index)) }
        #expect(tracker.take(sample(0, run: "CRT-2")) == nil)
        let estimated = (1...60).filter { tracker.take(sample($0, run: "CRT-2")) != nil }
        #expect(estimated == [60])
    }

    @Test("An index beyond the profile's limit takes no memory and gives no estimate")
    func endless() {
        var tracker = LiveRunTracker(analyzer: ESRAnalyzer())
        #expect(tracker.take(sample(0)) == nil)
        var far = sample(0)
        far.index = CORLimits.sampleCountMax
        #expect(tracker.take(far) == nil)
        far.index = Int.max
        #expect(tracker.take(far) == nil)
    }
}
