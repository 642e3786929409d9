import CORProtocol
import COSESigning
import ESRAnalysis
import HubCore

/// Checks a reading's chain of custody again from the stored bytes: sample, device signature and certificate, attestation,
/// reception, analysis, batches with the hub's signature and certificate, receipts with their inclusion.
///
/// Each check judges one link alone, so that what was changed is named: what rests on a broken link is left open.
struct TraceVerification {
    let trust: TraceTrust
    let intake: RecordIntake

    func checks(of evidence: TraceEvidence) async -> [TraceCheck] {
        let trace = evidence.trace
        let batches = evidence.batches.compactMapValues { row in row.bytes.flatMap(SignedBatch.init(ifSound:)) }
        let carried = trace.passage.flatMap { batches[$0.batch.position] }?.batch.records
            .first { $0.recordID == trace.record.summary.recordID }
        // Pruned bytes still stand in the batch, as long as that is kept.
        let bytes = trace.record.bytes ?? carried?.bytes
        let record = bytes.flatMap(SignedRecord.init(ifSound:))
        let isItself = record?.id == trace.record.summary.recordID

        var checks = [recordCheck(record, isThere: bytes != nil, isItself: isItself, trace)]
        checks += await deviceChecks(isItself ? record : nil, trace)
        checks.append(await attestationCheck(evidence))
        for result in trace.results { checks += resultChecks(result, of: isItself ? record : nil, trace) }
        if trace.results.isEmpty, trace.record.summary.kind == .sedimentationRun {
            checks.append(TraceCheck(.analysis, of: .record, .open, "no result yet", anchor: .none))
        }

        var signers: [BatchPosition: TraceAnchor] = [:]
        for passage in evidence.passages {
            let (found, signer) = await batchChecks(
                passage, evidence.batches[passage.batch.position],
                previousHash: evidence.previousHashes[passage.batch.position])
            checks += found
            signers[passage.batch.position] = signer
        }
        checks += itemChecks(evidence, batches, signers)
        return checks
    }

    private func recordCheck(
        _ record: SignedRecord?, isThere: Bool, isItself: Bool, _ trace: RecordTrace
    ) -> TraceCheck {
        func check(_ outcome: TraceCheck.Outcome, _ detail: String) -> TraceCheck {
            TraceCheck(.recordID, of: .record, outcome, detail, anchor: .content)
        }
        guard isThere else { return check(.open, "bytes \(trace.record.summary.bytesState.text)") }
        guard record != nil else { return check(.broken, "the bytes are no record") }
        return isItself
            ? check(.holds, trace.record.summary.recordID.hex) : check(.broken, "the bytes have another id")
    }

    /// The result's id, and the analysis run once more over the device's own bytes where this program has the algorithm.
    private func resultChecks(
        _ made: RecordTrace.Result, of record: SignedRecord?, _ trace: RecordTrace
    ) -> [TraceCheck] {
        let result = made.result
        let subject = TraceCheck.Subject.result(result.id)
        let algorithm = "\(result.algorithm.id) \(result.algorithm.version)"
        // The id is over inputs, algorithm and output, and was computed anew when the result was read.
        let isOfRecord = result.inputs.contains(trace.record.summary.recordID)
        let analysis = TraceCheck(
            .analysis, of: subject, isOfRecord ? .holds : .broken,
            isOfRecord ? "\(algorithm), of this record" : "it is made of other records", anchor: .content)

        func repeated(_ outcome: TraceCheck.Outcome, _ detail: String) -> TraceCheck {
            TraceCheck(
                .analysisRepeated, of: subject, outcome, detail,
                anchor: .program("\(ESRAnalyzer.algorithm) \(ESRAnalyzer.version)"))
        }
        guard isOfRecord else { return [analysis, repeated(.open, "the result is of other records")] }
        guard let record else { return [analysis, repeated(.open, "there are no bytes of the record to run it on")] }
        switch intake.repetition(of: result, record: record, isBackfilled: trace.record.summary.backfilled) {
        case .same: return [analysis, repeated(.holds, "the same bytes lead to the same result")]
        case .differs: return [analysis, repeated(.broken, "the same bytes lead to another result")]
        case .notOurs: return [analysis, repeated(.open, "\(algorithm) with its model made it, not this program's")]
        }
    }
}

extension SignedBatch {
    init?(ifSound bytes: [UInt8]) {
        do { try self.init(decoding: bytes) } catch { return nil }
    }
}

extension SignedRecord {
    init?(ifSound bytes: [UInt8]) {
        do { try self.init(decoding: bytes) } catch { return nil }
    }
}

extension SignedAttestation {
    init?(ifSound bytes: [UInt8]) {
        do { try self.init(decoding: bytes) } catch { return nil }
    }
}
