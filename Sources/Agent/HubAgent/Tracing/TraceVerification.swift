import CORProtocol
import COSESigning
import Crypto
import ESRAnalysis
import HubCore
import JSONCoding
import KeyStore
import X509

/// Checks a reading's chain again from the stored bytes: signatures, certificates, hashes, Merkle root and inclusion.
struct TraceVerification {
    /// One link of the chain of custody, and what its proof rests on.
    struct Check: Sendable, Equatable {
        enum Outcome: String, Sendable {
            case holds
            case broken
            /// The bytes are gone behind a receipt, or have not got that far yet.
            case open
        }

        var step: String
        var outcome: Outcome
        var detail: String
        var anchor: String

        var json: JSONValue {
            [
                "step": .string(step), "outcome": .string(outcome.rawValue), "detail": .string(detail),
                "anchor": .string(anchor),
            ]
        }
    }

    let identity: HubIdentity
    let certificates: any DeviceCertificateVerifying
    let intake: RecordIntake

    func checks(
        of trace: RecordTrace, batches: [BatchPosition: SignedBatchRow]
    ) async -> [Check] {
        var checks: [Check] = []
        let batch = trace.passage.flatMap { batches[$0.batch.position]?.bytes }.flatMap(SignedBatch.init(ifSound:))
        let item = batch?.batch.records.first { $0.recordID == trace.record.summary.recordID }
        // Pruned record bytes still stand in the batch, as long as that is kept.
        let bytes = trace.record.bytes ?? item?.bytes
        checks += await deviceChecks(bytes: bytes, trace: trace)
        checks.append(analysisCheck(trace))
        if !trace.results.isEmpty { checks.append(repetitionCheck(trace, bytes: bytes)) }
        if let passage = trace.passage {
            checks += batchChecks(batch, isItemThere: item != nil, passage: passage)
            checks.append(receiptCheck(passage))
        } else {
            checks.append(
                Check(step: "batch", outcome: .open, detail: "not in a batch yet", anchor: "hub signing key"))
        }
        return checks
    }

    private func deviceChecks(bytes: [UInt8]?, trace: RecordTrace) async -> [Check] {
        guard let bytes else {
            return [Check(step: "device-signature", outcome: .open, detail: "bytes pruned", anchor: "device key")]
        }
        guard let record = SignedRecord(ifSound: bytes), record.id == trace.record.summary.recordID else {
            return [
                Check(step: "record-id", outcome: .broken, detail: "the bytes have another id", anchor: "SHA-256")
            ]
        }
        let id = Check(step: "record-id", outcome: .holds, detail: record.id.hex, anchor: "SHA-256 of the payload")
        guard trace.record.summary.trust == .attested else {
            return [
                id,
                Check(
                    step: "device-signature", outcome: .open, detail: "a device without a certificate",
                    anchor: "none: link-only"),
            ]
        }
        switch await certificates.verdict(onChain: record.certificateChain, at: record.payload.closed.wallMilliseconds)
        {
        case .refused(let reason):
            return [
                id,
                Check(
                    step: "device-certificate", outcome: .broken, detail: reason.description,
                    anchor: "device trust anchors"),
            ]
        case .trusted(let certificate):
            let key = COSEPublicKey(x963P256: certificate.publicKey)
            let isValid = key.map { record.verdict(key: $0) == .valid } ?? false
            return [
                id,
                Check(
                    step: "device-certificate", outcome: .holds,
                    detail: "\(certificate.serial.text), SHA-256 \(certificate.thumbprint.hex)",
                    anchor: "device trust anchors"),
                Check(
                    step: "device-signature", outcome: isValid ? .holds : .broken, detail: "ES256 over the record",
                    anchor: "device certificate"),
            ]
        }
    }

    /// Each result's id was computed anew when it was read; here it must be of this record.
    private func analysisCheck(_ trace: RecordTrace) -> Check {
        let id = trace.record.summary.recordID
        let isAnalysed = !trace.results.isEmpty || trace.record.summary.kind != .sedimentationRun
        let areOfRecord = trace.results.allSatisfy { $0.result.inputs.contains(id) }
        return Check(
            step: "analysis", outcome: !areOfRecord ? .broken : isAnalysed ? .holds : .open,
            detail: trace.results.map { "\($0.result.algorithm.id) \($0.result.algorithm.version)" }
                .joined(separator: ", "),
            anchor: "result id over input, algorithm and output")
    }

    /// The analysis run once more over the device's own bytes, where this program has the algorithm that was used.
    private func repetitionCheck(_ trace: RecordTrace, bytes: [UInt8]?) -> Check {
        func check(_ outcome: Check.Outcome, _ detail: String) -> Check {
            Check(
                step: "analysis-repeated", outcome: outcome, detail: detail,
                anchor: "this program's \(ESRAnalyzer.algorithm) \(ESRAnalyzer.version)")
        }
        guard let record = bytes.flatMap(SignedRecord.init(ifSound:)) else {
            return check(.open, "cannot be run again: the record's bytes are pruned")
        }
        let repetitions = trace.results.map {
            intake.repetition(of: $0.result, record: record, isBackfilled: trace.record.summary.backfilled)
        }
        if repetitions.contains(.differs) { return check(.broken, "the same bytes lead to another result now") }
        let foreign = zip(trace.results, repetitions).first { $0.1 == .notOurs }?.0.result.algorithm
        if let foreign {
            return check(.open, "cannot be run again: \(foreign.id) \(foreign.version) made a result")
        }
        return check(.holds, "the same bytes lead to the same result")
    }

    private func batchChecks(
        _ batch: SignedBatch?, isItemThere: Bool, passage: RecordTrace.Passage
    ) -> [Check] {
        let place = "\(passage.batch.position.epoch.hex)/\(passage.batch.position.sequence)"
        guard let batch else {
            return [Check(step: "batch", outcome: .open, detail: "\(place), bytes pruned", anchor: "hub signing key")]
        }
        let isSigned =
            identity.signingKey(named: batch.certificateChain.first).map {
                batch.verdict(environment: identity.environment, key: $0) == .valid
            }
            ?? false
        return [
            Check(
                step: "batch-signature", outcome: isSigned && batch.hash == passage.batch.hash ? .holds : .broken,
                detail: "\(place), SHA-256 \(batch.hash.hex)", anchor: "hub signing certificate"),
            Check(
                step: "batch-item", outcome: isItemThere ? .holds : .broken,
                detail: "leaf \(passage.leafIndex) of \(passage.batch.itemCount)",
                anchor: "Merkle root in the batch (RFC 9162)"),
        ]
    }

    private func receiptCheck(_ passage: RecordTrace.Passage) -> Check {
        guard let stored = passage.receipt else {
            return Check(
                step: "receipt", outcome: .open, detail: "the upstream has not answered yet",
                anchor: "pinned receipt key")
        }
        let verifier = ReceiptVerifier(
            hub: identity.hubID, environment: identity.environment, key: identity.receiptKey,
            logID: identity.receiptLogID)
        let batch = OutstandingBatch(
            position: passage.batch.position, hash: passage.batch.hash, bytes: [], cut: passage.batch.cut)
        switch verifier.verdict(on: stored.bytes, for: batch) {
        case .genuine(let receipt, let leafIndex):
            let place = leafIndex.map { ", leaf \($0) of the upstream's log" } ?? ""
            return Check(
                step: "receipt", outcome: receipt.status == .rejected ? .broken : .holds,
                detail: receipt.status.text + place, anchor: "pinned receipt key, RFC 9942 inclusion")
        case .refused(let refusal):
            return Check(
                step: "receipt", outcome: .broken, detail: refusal.description, anchor: "pinned receipt key")
        }
    }
}

extension SignedBatch {
    fileprivate init?(ifSound bytes: [UInt8]) {
        do { try self.init(decoding: bytes) } catch { return nil }
    }
}

extension SignedRecord {
    fileprivate init?(ifSound bytes: [UInt8]) {
        do { try self.init(decoding: bytes) } catch { return nil }
    }
}
