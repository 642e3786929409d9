import DeviceSimulator
import ESRAnalysis
import Testing

/// Every limit of the circumstances: at it a run passes, beyond it the run has no result and says why.
@Suite("Screening of the input")
struct ScreeningTests {
    private let analyzer = ESRAnalyzer()
    private let clean = SimulatedRun.clean.input

    private func verdict(_ change: (inout ESRAnalysis.SedimentationRun) -> Void) -> ESRVerdict {
        var run = clean
        change(&run)
        return analyzer.verdict(on: run)
    }

    private func expectRefusal(
        _ reason: ESRReason, location: SourceLocation = #_sourceLocation,
        _ change: (inout ESRAnalysis.SedimentationRun) -> Void
    ) {
        let verdict = verdict(change)
        #expect(verdict.status == .noResult, sourceLocation: location)
        #expect(verdict.estimate == nil, sourceLocation: location)
        #expect(verdict.reasons.contains(reason), sourceLocation: location)
    }

    private func expectNote(
        _ reason: ESRReason, location: SourceLocation = #_sourceLocation,
        _ change: (inout ESRAnalysis.SedimentationRun) -> Void
    ) {
        let verdict = verdict(change)
        #expect(verdict.reasons.contains(reason), sourceLocation: location)
    }

    private func expectPass(
        location: SourceLocation = #_sourceLocation, _ change: (inout ESRAnalysis.SedimentationRun) -> Void
    ) {
        let verdict = verdict(change)
        #expect(verdict.estimate != nil, "\(verdict.reasons)", sourceLocation: location)
    }

    @Test("A clean run has a number, and its interval holds it")
    func cleanRun() throws {
        let verdict = verdict { _ in }
        let estimate = try #require(verdict.estimate)
        #expect(estimate.interval90.contains(estimate.value))
        #expect(verdict.reasons.allSatisfy { $0.consequence != .noResult })
        #expect(verdict.provenance.algorithm == "corhub.esr")
        #expect(verdict.minutes == 30)
    }

    @Test("The start must be known within 60 seconds")
    func start() {
        expectPass { $0.startEvent = .uncertain(seconds: 60) }
        expectRefusal(.startUncertain) { $0.startEvent = .uncertain(seconds: 60.01) }
        expectRefusal(.startUncertain) { $0.startEvent = .uncertain(seconds: -1) }
        expectRefusal(.startEventMissing) { $0.startEvent = .missing }
    }

    @Test("The temperature must be known, between 15 and 30 °C, and steady within 3 K")
    func temperature() {
        func steady(_ celsius: Double) -> (inout ESRAnalysis.SedimentationRun) -> Void {
            {
                $0.temperature = celsius
                $0.temperatureTrace = []
            }
        }
        expectRefusal(.temperatureOutOfRange, steady(14.99))
        expectRefusal(.temperatureOutOfRange, steady(30.01))
        #expect(!verdict(steady(15)).reasons.contains(.temperatureOutOfRange))
        #expect(!verdict(steady(30)).reasons.contains(.temperatureOutOfRange))
        #expect(verdict(steady(26)).reasons.contains(.temperatureMarginal))
        expectPass { $0.temperatureTrace = [20, 23] }
        expectRefusal(.temperatureDrift) { $0.temperatureTrace = [20, 23.01] }
        expectRefusal(.temperatureMissing) {
            $0.temperature = nil
            $0.temperatureTrace = []
        }
    }

    @Test("The column may lean by 2 degrees, noted from 1 on, and by more for less than 30 seconds only")
    func tilt() {
        expectPass { $0.tilt = 2 }
        expectNote(.tiltMarginal) { $0.tilt = 1.5 }
        expectRefusal(.tiltExcess) { $0.tilt = 2.01 }
        expectRefusal(.tiltExcess) { $0.tilt = -2.01 }
        let calm = [Double](repeating: 0.1, count: 360)
        expectPass { $0.tiltTrace = calm.enumerated().map { $0.offset == 100 ? 6 : $0.element } }
        expectRefusal(.tiltExcess) {
            $0.tiltTrace = calm.enumerated().map { (100..<106).contains($0.offset) ? 3 : $0.element }
        }
        expectRefusal(.tiltMissing) {
            $0.tilt = nil
            $0.tiltTrace = []
        }
    }

    @Test("Clock faults, duplicates, expired and unknown cartridges and old blood have no result")
    func circumstances() {
        expectRefusal(.clockFault) { $0.hasClockFault = true }
        expectRefusal(.duplicateRun) { $0.isDuplicate = true }
        expectRefusal(.cartridgeExpired) { $0.cartridgeLot = .expired }
        expectRefusal(.cartridgeUnknown) { $0.cartridgeLot = .unknown }
        expectPass { $0.sampleAgeSeconds = 6 * 3600 }
        expectRefusal(.sampleTooOld) { $0.sampleAgeSeconds = 6 * 3600 + 1 }
        expectNote(.sampleAged) { $0.sampleAgeSeconds = 5 * 3600 }
    }

    @Test("Only the profile's column and dilution are analysed")
    func geometry() {
        expectPass { $0.geometry = ColumnGeometry(columnLength: 60.5, dilution: 0.8) }
        expectRefusal(.geometryUnsupported) { $0.geometry = ColumnGeometry(columnLength: 200, dilution: 0.8) }
        expectRefusal(.geometryUnsupported) { $0.geometry = ColumnGeometry(columnLength: 60, dilution: 1) }
        expectRefusal(.geometryUnsupported) { $0.geometry = ColumnGeometry(columnLength: .nan, dilution: 0.8) }
    }

    @Test("A backfilled run is analysed and marked")
    func backfilled() {
        let verdict = verdict { $0.isBackfilled = true }
        #expect(verdict.isBackfilled && verdict.estimate != nil)
    }

    @Test("A run is usable from its fifth minute on and never final before its thirtieth")
    func minutes() {
        for minutes in [5.0, 7.3, 15, 29.5] {
            let verdict = analyzer.verdict(on: clean, minutes: minutes)
            #expect(verdict.status == .preliminary)
            #expect(verdict.reasons.contains(.before30Minutes))
        }
        #expect(!analyzer.verdict(on: clean, minutes: 30).reasons.contains(.before30Minutes))
        for minutes in [4.8, 0, -3] {
            #expect(analyzer.verdict(on: clean, minutes: minutes).reasons.contains(.runTooShort))
        }
    }

    @Test("The first minutes of a long run have the verdict of a run that ended there")
    func prefix() {
        var short = clean
        short.falls = Array(clean.falls.prefix(241))
        let early = analyzer.verdict(on: clean, minutes: 20)
        #expect(early == analyzer.verdict(on: short))
        #expect(early.minutes == 20)
    }
}
