package import CORProtocol
package import ESRAnalysis

/// Derives what the hub adds to a stored record: the pre-analysis of a sedimentation run.
///
/// A result is an item of its own beside the raw data, never in place of it (evidence: chain of custody).
package struct RecordIntake: Sendable {
    /// What only the store knows.
    package struct Facts: Sendable, Equatable {
        /// The same cartridge id stands in another stored record.
        package var isCartridgeUsed: Bool

        package init(isCartridgeUsed: Bool) {
            self.isCartridgeUsed = isCartridgeUsed
        }
    }

    private let analyzer: ESRAnalyzer
    /// What makes results here and now.
    package let algorithm: AlgorithmIdentity
    private let configurationHash: SHA256Hash

    package init(analyzer: ESRAnalyzer, configurationHash: SHA256Hash) {
        self.analyzer = analyzer
        self.configurationHash = configurationHash
        algorithm = AlgorithmIdentity(
            id: ESRAnalyzer.algorithm, version: ESRAnalyzer.version,
            modelHash: .of(Array(analyzer.canonicalDescription.utf8)), profile: analyzer.profile.version)
    }

    /// Whether there is an analysis; without one every run gets `self-test-failed`.
    package var isOn: Bool { analyzer.model != nil }

    /// Nil for kinds of records that are not analysed.
    package func result(of record: SignedRecord, item: RecordItem, facts: Facts) -> AnalysisResult? {
        guard case .sedimentationRun(let measured) = record.payload.body else { return nil }
        let run = ESRAnalysis.SedimentationRun(
            measured, isBackfilled: item.backfilled, isDuplicate: facts.isCartridgeUsed)
        return AnalysisResult(
            inputs: [item.recordID], algorithm: algorithm, made: item.received, subject: item.subject,
            output: ESROutput(analyzer.verdict(on: run)), configurationHash: configurationHash)
    }

    /// What comes of making a stored result again.
    package enum Repetition: Sendable, Hashable {
        case same
        case differs
        /// Another algorithm, version, model or profile than this program's made it.
        case notOurs
    }

    /// Makes a result again from the record's own bytes. Whether the cartridge had been used was a fact of its moment, so
    /// that is taken from the result.
    package func repetition(
        of result: AnalysisResult, record: SignedRecord, isBackfilled: Bool
    ) -> Repetition {
        guard result.algorithm == algorithm else { return .notOurs }
        guard case .sedimentationRun(let measured) = record.payload.body, result.inputs == [record.id] else {
            return .differs
        }
        let run = ESRAnalysis.SedimentationRun(
            measured, isBackfilled: isBackfilled,
            isDuplicate: result.output.reasons.contains(ESRReason.duplicateRun.rawValue))
        return ESROutput(analyzer.verdict(on: run)) == result.output ? .same : .differs
    }
}

extension ESRAnalysis.SedimentationRun {
    /// Micrometres, millidegrees and milliseconds become mm, degrees and s.
    init(_ measured: CORProtocol.SedimentationRun, isBackfilled: Bool, isDuplicate: Bool) {
        let temperatures = measured.temperature.values.compactMap { $0.map { Double($0) / 1_000 } }
        let tilts = measured.tilt.values.compactMap { $0.map { Double($0) / 1_000 } }
        self.init(
            falls: measured.fallsMicrometres.map { $0.map { Double($0) / 1_000 } },
            periodSeconds: Double(measured.samplePeriodMilliseconds) / 1_000,
            temperature: temperatures.mean, temperatureTrace: temperatures,
            tilt: tilts.mean, tiltTrace: tilts,
            geometry: ESRAnalysis.ColumnGeometry(
                columnLength: Double(measured.geometry.columnMicrometres) / 1_000,
                dilution: Double(measured.geometry.bloodPerMille) / 1_000),
            startEvent: StartEvent(measured.start), cartridgeLot: CartridgeLot(measured),
            isDuplicate: isDuplicate, isBackfilled: isBackfilled)
    }
}

extension ESRAnalysis.SedimentationRun.StartEvent {
    fileprivate init(_ start: CORProtocol.StartEvent?) {
        guard let start else {
            self = .missing
            return
        }
        self = .uncertain(seconds: Double(start.uncertaintyMilliseconds) / 1_000)
    }
}

extension ESRAnalysis.SedimentationRun.CartridgeLot {
    /// Expiry is judged by the device's own clock at the start; without one it cannot be judged and does not refuse.
    fileprivate init(_ measured: CORProtocol.SedimentationRun) {
        guard let expiry = measured.cartridge.expiryMilliseconds,
            let started = measured.start?.time.wallMilliseconds, started > expiry
        else {
            self = .valid
            return
        }
        self = .expired
    }
}

extension [Double] {
    fileprivate var mean: Double? {
        isEmpty ? nil : reduce(0, +) / Double(count)
    }
}

extension ESROutput {
    /// Rounded to hundredths of mm/h and of a minute, as firmware-specs/cddl/batch.cddl has it.
    package init(_ verdict: ESRVerdict) {
        let status: ESRStatus =
            switch verdict.status {
            case .final: .final
            case .preliminary: .preliminary
            case .noResult: .noResult
            }
        let comparator: ESRComparator =
            switch verdict.estimate?.comparator {
            case .above: .greater
            case .below: .less
            case nil: .equal
            }
        self.init(
            status: status, reasons: verdict.reasons.map(\.rawValue),
            centiMillimetresPerHour: verdict.estimate.map { Self.hundredths($0.value) },
            interval90: verdict.estimate.map {
                ESRInterval(
                    low: Self.hundredths($0.interval90.lowerBound), high: Self.hundredths($0.interval90.upperBound))
            },
            centiMinutes: UInt64(max(0, Self.hundredths(verdict.minutes))), comparator: comparator)
    }

    /// Values of the analysis are finite and far from the ends of Int64; what is not becomes 0 rather than a trap.
    private static func hundredths(_ value: Double) -> Int64 {
        Int64(exactly: (value * 100).rounded()) ?? 0
    }
}
