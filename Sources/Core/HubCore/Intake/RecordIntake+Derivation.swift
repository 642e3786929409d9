package import CORProtocol

// Results that are made after the record was stored: on assignment, and by another version of the analysis.
extension RecordIntake {
    /// A stored reading, as far as it matters here.
    package struct StoredReading: Sendable {
        package var record: StoredRecord
        /// What was made of it, oldest first, as far as it still is there.
        package var results: [AnalysisResult]
        /// Something was made of it once, also where that was erased or pruned.
        package var hadResults: Bool
        /// An earlier record names the same cartridge.
        package var isCartridgeUsed: Bool

        package init(record: StoredRecord, results: [AnalysisResult], hadResults: Bool, isCartridgeUsed: Bool) {
            self.record = record
            self.results = results
            self.hadResults = hadResults
            self.isCartridgeUsed = isCartridgeUsed
        }

        /// Whose it is: said when it was received, or when it was assigned.
        package var subject: SubjectID? { record.summary.subject ?? results.lazy.compactMap(\.subject).first }

        /// Its result waits for somebody whose it is.
        package var awaitsSubject: Bool {
            record.summary.kind == .sedimentationRun && record.summary.subject == nil && !hadResults
        }
    }

    package enum DerivationRefusal: String, Error, Sendable, Hashable {
        case notAnalysed = "not-analysed"
        /// Nobody is assigned, so there is nobody whose result it would be.
        case unassigned
        /// It is assigned already; a result never changes hands.
        case assigned
        /// The device's bytes are not on the hub any more.
        case pruned
        /// This version of the analysis has made its result.
        case nothingNew = "nothing-new"
        /// The analysis is off: what it would say now is not worth keeping.
        case analysisOff = "analysis-off"
    }

    /// Gives a waiting run to a person and makes its result.
    package func assign(
        _ reading: StoredReading, to subject: SubjectID, at now: TimeBlock
    ) throws(DerivationRefusal) -> Derivation {
        guard reading.record.summary.kind == .sedimentationRun else { throw .notAnalysed }
        guard reading.awaitsSubject else { throw .assigned }
        return try derivation(of: reading, for: subject, at: now)
    }

    /// Makes what this version of the analysis says of a run; what earlier versions said stays beside it.
    package func reanalyse(_ reading: StoredReading, at now: TimeBlock) throws(DerivationRefusal) -> Derivation {
        guard reading.record.summary.kind == .sedimentationRun else { throw .notAnalysed }
        guard let subject = reading.subject else { throw .unassigned }
        guard !reading.results.contains(where: { $0.algorithm == algorithm }) else { throw .nothingNew }
        guard isOn else { throw .analysisOff }
        return try derivation(of: reading, for: subject, at: now)
    }

    /// A result that was made of a stored record, and what the trend is to remember of it.
    package struct Derivation: Sendable, Hashable {
        package var result: AnalysisResult
        package var history: HistoryEntry?
        package var subject: SubjectID
    }

    private func derivation(
        of reading: StoredReading, for subject: SubjectID, at now: TimeBlock
    ) throws(DerivationRefusal) -> Derivation {
        let summary = reading.record.summary
        guard let record = reading.record.bytes.flatMap(SignedRecord.init(ifSound:)) else { throw .pruned }
        let item = RecordItem(
            recordID: summary.recordID, serial: summary.serial, sequence: summary.sequence, bytes: record.bytes,
            received: now, link: summary.link, trust: summary.trust, subject: subject, backfilled: summary.backfilled,
            clockOffsetMilliseconds: summary.clockOffsetMilliseconds)
        guard let result = result(of: record, item: item, facts: Facts(isCartridgeUsed: reading.isCartridgeUsed)) else {
            throw .notAnalysed
        }
        let history = HistoryEntry(
            result, of: record, received: summary.received, isBackfilled: summary.backfilled,
            clockOffsetMilliseconds: summary.clockOffsetMilliseconds)
        return Derivation(result: result, history: history, subject: subject)
    }
}

extension SignedRecord {
    fileprivate init?(ifSound bytes: [UInt8]) {
        do { try self.init(decoding: bytes) } catch { return nil }
    }
}
