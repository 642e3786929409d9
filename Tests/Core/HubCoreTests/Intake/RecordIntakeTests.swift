import CORProtocol
import ESRAnalysis
import HubCore
import Testing

@Suite("What the hub derives from a record")
struct RecordIntakeTests {
    private typealias Measured = CORProtocol.SedimentationRun

    private let intake = RecordIntake(analyzer: ESRAnalyzer(), configurationHash: .of([1]))

    /// The result of a run as a device signed it, and what it is a result of.
    private func result(
        of run: Measured = .sample, backfilled: Bool = false, isCartridgeUsed: Bool = false
    ) throws -> (result: AnalysisResult, item: RecordItem) {
        let device = try TestDevice()
        let subject = try #require(SubjectID("subject-0001"))
        let record = try device.record(1, body: .sedimentationRun(run))
        let item = RecordItem(
            recordID: record.id, serial: device.serial, sequence: 1, bytes: record.bytes, received: .at(5), link: .udp,
            trust: .attested, subject: subject, backfilled: backfilled,
            clockOffsetMilliseconds: nil)
        let result = intake.result(of: record, item: item, facts: .init(isCartridgeUsed: isCartridgeUsed))
        return (try #require(result), item)
    }

    /// The same run in the units of the analysis: mm, °C, degrees, s.
    private func run(
        startEvent: ESRAnalysis.SedimentationRun.StartEvent = .uncertain(seconds: 0.5)
    ) -> ESRAnalysis.SedimentationRun {
        ESRAnalysis.SedimentationRun(
            falls: (0..<361).map { Double(Measured.fall($0)) / 1_000 }, periodSeconds: 5, temperature: 21,
            temperatureTrace: [20.5, 21.5], tilt: 0.2, tiltTrace: [0.1, 0.3],
            geometry: .init(columnLength: 60, dilution: 0.8), startEvent: startEvent)
    }

    @Test("A run is analysed in the units of the analysis, and the result names its inputs and its makers")
    func units() throws {
        let analyzer = ESRAnalyzer()
        let (result, item) = try result()
        let expected = AnalysisResult(
            inputs: [item.recordID],
            algorithm: AlgorithmIdentity(
                id: ESRAnalyzer.algorithm, version: ESRAnalyzer.version,
                modelHash: .of(Array(analyzer.canonicalDescription.utf8)), profile: analyzer.profile.version),
            made: .at(5), subject: item.subject, output: ESROutput(analyzer.verdict(on: run())),
            configurationHash: .of([1]))
        #expect(result == expected)
        #expect(result.output.centiMillimetresPerHour != nil)
    }

    @Test("A cartridge that was used before, one that has expired, and a start that was not seen give no result")
    func refused() throws {
        #expect(try result(isCartridgeUsed: true).result.output.reasons.contains("duplicate-run"))

        var expired = Measured.sample
        expired.cartridge.expiryMilliseconds = TimeBlock.at().wallMilliseconds - 1
        #expect(try result(of: expired).result.output.reasons.contains("cartridge-expired"))
        expired.cartridge.expiryMilliseconds = TimeBlock.at().wallMilliseconds
        #expect(try !result(of: expired).result.output.reasons.contains("cartridge-expired"))

        var unseen = Measured.sample
        unseen.start = nil
        let output = try result(of: unseen).result.output
        #expect(output.reasons.contains("start-event-missing"))
        #expect(output.status == .noResult)
        #expect(output.centiMillimetresPerHour == nil)
        #expect(output.interval90 == nil)
    }

    @Test("The same record gives the same result, so that its id is the same")
    func deterministic() throws {
        let device = try TestDevice()
        let record = try device.record(1, body: .sedimentationRun(.sample))
        let item = RecordItem(
            recordID: record.id, serial: device.serial, sequence: 1, bytes: record.bytes, received: .at(), link: .udp,
            trust: .attested, subject: nil, backfilled: false, clockOffsetMilliseconds: nil)
        let results = (0..<2).map { _ in intake.result(of: record, item: item, facts: .init(isCartridgeUsed: false)) }
        #expect(results[0] == results[1])
        #expect(results[0]?.id == results[1]?.id)
    }

    @Test("Self-tests and log excerpts are not analysed")
    func otherKinds() throws {
        let device = try TestDevice()
        for body in [RecordBody.selfTest(SelfTestRecord(passed: true, items: [])), .logExcerpt(LogExcerpt(lines: []))] {
            let record = try device.record(1, body: body)
            let item = RecordItem(
                recordID: record.id, serial: device.serial, sequence: 1, bytes: record.bytes, received: .at(),
                link: .udp, trust: .attested, subject: nil, backfilled: false, clockOffsetMilliseconds: nil)
            #expect(intake.result(of: record, item: item, facts: .init(isCartridgeUsed: false)) == nil)
        }
    }

    @Test("Numbers are rounded to hundredths, and the side of a limit is told")
    func rounding() throws {
        var verdict = ESRAnalyzer().verdict(on: run())
        verdict.status = .final
        verdict.minutes = 30.004_9
        verdict.estimate = .init(value: 139.995_1, comparator: .above, interval90: 120.004_9...140)
        let output = ESROutput(verdict)
        #expect(output.status == .final)
        #expect(output.centiMinutes == 3_000)
        #expect(output.centiMillimetresPerHour == 14_000)
        #expect(output.interval90 == ESRInterval(low: 12_000, high: 14_000))
        #expect(output.comparator == .greater)

        verdict.estimate?.comparator = .below
        #expect(ESROutput(verdict).comparator == .less)
        verdict.estimate?.comparator = nil
        #expect(ESROutput(verdict).comparator == .equal)
    }
}
