import CORProtocol
import COSESigning
import HubCore
import KeyStore

// The hub's and the upstream's parts: batches, what stands in them, receipts.
extension TraceVerification {
    /// The checks of one batch and its receipt, and what its signature rests on; `.none` where that does not hold.
    func batchChecks(
        _ passage: RecordTrace.Passage, _ row: SignedBatchRow?, previousHash: SHA256Hash?
    ) async -> (checks: [TraceCheck], signer: TraceAnchor) {
        let subject = TraceCheck.Subject.batch(passage.batch.position)
        var checks: [TraceCheck] = []
        var signer = TraceAnchor.none
        if let bytes = row?.bytes {
            let hasHash = SHA256Hash.of(bytes) == passage.batch.hash
            let batch = hasHash ? SignedBatch(ifSound: bytes) : nil
            let content = batch.map {
                "SHA-256 \($0.hash.hex), Merkle root over \($0.batch.merkleRoot.leafCount) items"
            }
            checks.append(
                TraceCheck(
                    .batch, of: subject, batch == nil ? .broken : .holds,
                    content ?? (hasHash ? "it cannot be read" : "the bytes have another SHA-256"), anchor: .content))
            let signature = await signatureChecks(batch, passage, subject)
            checks += signature.checks
            signer = signature.signer
            checks.append(chainCheck(batch, passage, previousHash: previousHash, signer))
        } else {
            checks.append(
                TraceCheck(
                    .batch, of: subject, .open,
                    "bytes \(passage.batch.bytesState.text), SHA-256 \(passage.batch.hash.hex)", anchor: .content))
        }
        return (checks + receiptChecks(passage, subject), signer)
    }

    private func signatureChecks(
        _ batch: SignedBatch?, _ passage: RecordTrace.Passage, _ subject: TraceCheck.Subject
    ) async -> (checks: [TraceCheck], signer: TraceAnchor) {
        func check(
            _ step: TraceCheck.Step, _ outcome: TraceCheck.Outcome, _ detail: String, _ anchor: TraceAnchor
        ) -> TraceCheck {
            TraceCheck(step, of: subject, outcome, detail, anchor: anchor)
        }
        let unanchored = TraceAnchor.upstreamAuthority(nil)
        guard let batch else {
            let detail = "the batch is not what was signed"
            return (
                [check(.hubCertificate, .open, detail, unanchored), check(.batchSignature, .open, detail, unanchored)],
                .none
            )
        }
        let cut = passage.batch.cut
        let verifier = HubCertificateVerifier(hub: trust.hub, anchors: trust.upstreamCA)
        var certificate: TraceCheck
        let key: COSEPublicKey
        let anchor: TraceAnchor
        switch await verifier.verdict(
            onChain: batch.certificateChain, at: cut.sync == .never ? nil : cut.wallMilliseconds)
        {
        case .trusted(let trustedKey, let authority):
            (key, anchor) = (trustedKey, .upstreamAuthority(authority))
            certificate = check(
                .hubCertificate, .holds, "\(trust.hub.text), SHA-256 \(SHA256Hash.of(batch.certificateChain[0]).hex)",
                anchor)
        case .refused(let refusal):
            certificate = check(.hubCertificate, .broken, refusal.description, unanchored)
            guard refusal == .untrusted, let own = ownKey(of: batch) else {
                let signature = check(.batchSignature, .open, "the hub's certificate is not trusted", unanchored)
                return ([certificate, signature], .none)
            }
            // Authorities that have ended are let go; what the hub itself had signed with stays its own.
            (key, anchor) = (own.key, .ownCertificate(own.certificate))
            certificate = check(
                .hubCertificate, .open, "this hub's own, of an authority that it does not hold any more", anchor)
        }
        let isSigned = batch.verdict(environment: trust.environment, key: key) == .valid
        let signature = check(
            .batchSignature, isSigned ? .holds : .broken,
            isSigned ? "ES256 over the batch" : "the certificate's key did not sign these bytes", anchor)
        return ([certificate, signature], isSigned ? anchor : .none)
    }

    private func ownKey(of batch: SignedBatch) -> (key: COSEPublicKey, certificate: TrustedAuthority?)? {
        guard let der = batch.certificateChain.first, trust.ownCertificates.contains(der),
            let key = HubIdentity.signingKey(of: der)
        else { return nil }
        return (key, TrustedAuthority(certificate: der))
    }

    private func chainCheck(
        _ batch: SignedBatch?, _ passage: RecordTrace.Passage, previousHash: SHA256Hash?, _ signer: TraceAnchor
    ) -> TraceCheck {
        func check(_ outcome: TraceCheck.Outcome, _ detail: String) -> TraceCheck {
            TraceCheck(.batchChain, of: .batch(passage.batch.position), outcome, detail, anchor: signer)
        }
        guard let batch = batch?.batch, signer != .none else {
            return check(.open, "the batch's signature does not hold")
        }
        let position = BatchPosition(epoch: batch.epoch, sequence: batch.sequence)
        guard position == passage.batch.position, batch.hubID == trust.hub else {
            return check(.broken, "the batch names another place or hub")
        }
        // The first of an epoch has no batch before it, as the batch's own decoder sees to.
        guard batch.sequence > 1 else { return check(.holds, "the first of its epoch") }
        guard let previousHash else { return check(.open, "the batch before is not known any more") }
        return previousHash == batch.previousHash
            ? check(.holds, "after SHA-256 \(previousHash.hex)") : check(.broken, "the batch before has another hash")
    }

    // MARK: - What stands in the batches

    /// That the record and each result are leaves of the signed batch, and that the record's reception is in it as here.
    func itemChecks(
        _ evidence: TraceEvidence, _ batches: [BatchPosition: SignedBatch], _ signers: [BatchPosition: TraceAnchor]
    ) -> [TraceCheck] {
        var checks: [TraceCheck] = []
        func check(
            _ step: TraceCheck.Step, _ subject: TraceCheck.Subject, _ passage: RecordTrace.Passage?,
            _ judge: (Batch, RecordTrace.Passage) -> (TraceCheck.Outcome, String)
        ) {
            guard let passage else {
                checks.append(TraceCheck(step, of: subject, .open, "not in a batch yet", anchor: .none))
                return
            }
            let signer = signers[passage.batch.position] ?? .none
            guard let batch = batches[passage.batch.position]?.batch, signer != .none else {
                let isGone = evidence.batches[passage.batch.position]?.bytes == nil
                checks.append(
                    TraceCheck(
                        step, of: subject, .open,
                        isGone ? "bytes \(passage.batch.bytesState.text)" : "the batch's signature does not hold",
                        anchor: signer))
                return
            }
            let (outcome, detail) = judge(batch, passage)
            checks.append(TraceCheck(step, of: subject, outcome, detail, anchor: signer))
        }
        let summary = evidence.trace.record.summary
        check(.reception, .record, evidence.trace.passage) { batch, _ in
            guard let item = batch.records.first(where: { $0.recordID == summary.recordID }) else {
                return (.open, "the batch does not carry the record")
            }
            return item.tellsReception(of: summary)
                ? (.holds, "over \(item.link.rawValue), as the batch has it")
                : (.broken, "the batch tells another reception")
        }
        check(.batchItem, .record, evidence.trace.passage) { batch, passage in
            let index = batch.records.firstIndex { item in
                item.recordID == summary.recordID && SignedRecord(ifSound: item.bytes)?.id == summary.recordID
            }
            return Self.place(index, .records, batch, passage)
        }
        for made in evidence.trace.results {
            check(.batchItem, .result(made.result.id), made.passage) { batch, passage in
                Self.place(batch.results.firstIndex { $0 == made.result }, .results, batch, passage)
            }
        }
        return checks
    }

    /// Whether the item is the leaf that the store names, on a path to the batch's signed Merkle root.
    private static func place(
        _ index: Int?, _ section: Batch.Section, _ batch: Batch, _ passage: RecordTrace.Passage
    ) -> (TraceCheck.Outcome, String) {
        guard let index, let leaf = batch.leafIndex(section: section, index: index),
            let path = batch.inclusionPath(section: section, index: index)
        else { return (.broken, "the batch does not carry it") }
        let hashes = batch.leafHashes()
        let root = MerkleTree.root(
            fromLeafHash: hashes[leaf], index: UInt64(leaf), treeSize: UInt64(hashes.count), path: path)
        guard UInt64(leaf) == passage.leafIndex, root == batch.merkleRoot.hash else {
            return (.broken, "it is leaf \(leaf), not \(passage.leafIndex)")
        }
        return (.holds, "leaf \(leaf) of \(hashes.count) (RFC 9162)")
    }

    // MARK: - Receipts

    private func receiptChecks(_ passage: RecordTrace.Passage, _ subject: TraceCheck.Subject) -> [TraceCheck] {
        let anchor = TraceAnchor.receiptCertificate(TrustedAuthority(certificate: trust.receiptCertificate))
        func check(_ step: TraceCheck.Step, _ outcome: TraceCheck.Outcome, _ detail: String) -> TraceCheck {
            TraceCheck(step, of: subject, outcome, detail, anchor: anchor)
        }
        guard let stored = passage.receipt else {
            let detail = "the upstream has not answered yet"
            return [check(.receipt, .open, detail), check(.receiptInclusion, .open, detail)]
        }
        let verifier = ReceiptVerifier(
            hub: trust.hub, environment: trust.environment, key: trust.receiptKey, logID: trust.receiptLogID)
        let batch = OutstandingBatch(
            position: passage.batch.position, hash: passage.batch.hash, bytes: [], cut: passage.batch.cut)
        switch verifier.verdict(on: stored.bytes, for: batch) {
        case .genuine(let receipt, let leaf?):
            return [
                check(.receipt, .holds, receipt.status.text),
                check(.receiptInclusion, .holds, "leaf \(leaf) of the log \(receipt.logID.hex) (RFC 9942)"),
            ]
        case .genuine(let receipt, nil):
            let reason = receipt.reason.map { ": \($0)" } ?? ""
            return [
                check(.receipt, .open, receipt.status.text + reason),
                check(.receiptInclusion, .open, "what is rejected is in no log"),
            ]
        case .refused(let refusal) where refusal.isOfInclusion:
            return [
                check(.receipt, .holds, stored.receipt.status.text),
                check(.receiptInclusion, .broken, refusal.description),
            ]
        case .refused(let refusal):
            return [
                check(.receipt, .broken, refusal.description),
                check(.receiptInclusion, .open, "the receipt does not hold"),
            ]
        }
    }
}

extension RecordItem {
    /// Whether the item says of the record's way to the hub what the store says.
    fileprivate func tellsReception(of summary: RecordSummary) -> Bool {
        serial == summary.serial && sequence == summary.sequence && received == summary.received
            && link == summary.link && trust == summary.trust && backfilled == summary.backfilled
            && clockOffsetMilliseconds == summary.clockOffsetMilliseconds
    }
}

extension ReceiptVerifier.Refusal {
    /// The receipt itself holds; its proof of inclusion does not.
    fileprivate var isOfInclusion: Bool {
        switch self {
        case .inclusionMissing, .inclusionMalformed, .inclusionInvalid: true
        case .malformed, .signatureInvalid, .differs: false
        }
    }
}
