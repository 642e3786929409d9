import CORProtocol
import ESRAnalysis
import HubCore
import Testing

@Suite("Results that are made after the run came")
struct RecordDerivationTests {
    private let intake = RecordIntake(analyzer: ESRAnalyzer(), configurationHash: .of([1]))
    private let subject: SubjectID
    private let record: SignedRecord
    private let serial: DeviceSerial

    init() throws {
        subject = try #require(SubjectID("subject-0001"))
        let device = try TestDevice()
        serial = device.serial
        record = try device.record(1, body: .sedimentationRun(.sample))
    }

    private func reading(
        subject: SubjectID? = nil, results: [AnalysisResult] = [], hadResults: Bool? = nil, pruned: Bool = false,
        kind: RecordKind = .sedimentationRun, isCartridgeUsed: Bool = false
    ) -> RecordIntake.StoredReading {
        RecordIntake.StoredReading(
            record: StoredRecord(
                summary: RecordSummary(
                    item: 1, recordID: record.id, serial: serial, sequence: 1, kind: kind, cartridge: "CRT-1",
                    length: record.bytes.count, received: .at(5), link: .udp, trust: .attested, subject: subject,
                    backfilled: false, clockOffsetMilliseconds: nil, bytesState: pruned ? .pruned : .present,
                    forwarding: .pending),
                bytes: pruned ? nil : record.bytes),
            results: results, hadResults: hadResults ?? !results.isEmpty, isCartridgeUsed: isCartridgeUsed)
    }

    private func result(version: String = "0.0.1", subject: SubjectID?) -> AnalysisResult {
        AnalysisResult(
            inputs: [record.id],
            algorithm: AlgorithmIdentity(
                id: ESRAnalyzer.algorithm, version: version, modelHash: .of([9]), profile: "short-60/1"),
            made: .at(5), subject: subject,
            output: ESROutput(
                status: .noResult, reasons: ["x"], centiMillimetresPerHour: nil, interval90: nil, centiMinutes: 0,
                comparator: .equal), configurationHash: .of([1]))
    }

    @Test("A waiting run gets its result when it is assigned, in the name of the person")
    func assigned() throws {
        #expect(reading().awaitsSubject)
        let derivation = try intake.assign(reading(), to: subject, at: .at(60))
        #expect(derivation.result.subject == subject)
        #expect(derivation.result.made == .at(60))
        #expect(derivation.result.algorithm == intake.algorithm)
        #expect(derivation.history?.cartridgeLot == "LOT-1")
        #expect(derivation.history?.measuredMilliseconds == TimeBlock.at(5).wallMilliseconds)
    }

    @Test("A run that belongs to somebody is never given to another, nor one whose result was erased (wrong person)")
    func assignedBefore() throws {
        let other = try #require(SubjectID("subject-0002"))
        for reading in [
            reading(subject: other), reading(results: [result(subject: other)]), reading(hadResults: true),
        ] {
            #expect(throws: RecordIntake.DerivationRefusal.assigned) {
                try intake.assign(reading, to: subject, at: .at())
            }
        }
    }

    @Test("Without the device's bytes, and for other kinds of records, there is nothing to make")
    func nothing() {
        #expect(throws: RecordIntake.DerivationRefusal.pruned) {
            try intake.assign(reading(pruned: true), to: subject, at: .at())
        }
        #expect(throws: RecordIntake.DerivationRefusal.notAnalysed) {
            try intake.assign(reading(kind: .selfTest), to: subject, at: .at())
        }
    }

    @Test("Another version adds its result for the same person; the same version has nothing to add")
    func reanalysed() throws {
        let old = result(subject: subject)
        let derivation = try intake.reanalyse(reading(results: [old]), at: .at(90))
        #expect(derivation.result.id != old.id)
        #expect(derivation.result.subject == subject)
        #expect(throws: RecordIntake.DerivationRefusal.nothingNew) {
            try intake.reanalyse(reading(results: [old, derivation.result]), at: .at(99))
        }
        #expect(throws: RecordIntake.DerivationRefusal.unassigned) { try intake.reanalyse(reading(), at: .at()) }
    }

    @Test("A cartridge that an earlier run had used has no result, however late it is asked for")
    func cartridge() throws {
        let derivation = try intake.assign(reading(isCartridgeUsed: true), to: subject, at: .at(60))
        #expect(derivation.result.output.reasons.contains("duplicate-run"))
        #expect(derivation.history == nil)
    }

    @Test("While the analysis is off nothing is analysed again")
    func off() {
        let intake = RecordIntake(analyzer: ESRAnalyzer().withoutModel, configurationHash: .of([1]))
        #expect(throws: RecordIntake.DerivationRefusal.analysisOff) {
            try intake.reanalyse(reading(results: [result(subject: subject)]), at: .at())
        }
    }
}
