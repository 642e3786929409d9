package import CORProtocol
package import COSESigning

/// Whether a receipt allows the hub to forget: the rule that stands before every prune (threat 9).
package struct ReceiptVerifier: Sendable {
    package enum Verdict: Sendable, Equatable {
        /// Signed by the pinned key, for exactly this batch. `receipt.status` may still say rejected.
        case genuine(Receipt, leafIndex: UInt64?)
        case refused(Refusal)
    }

    package let hub: HubID
    package let environment: String
    /// The upstream's receipt key, pinned at enrolment.
    package let key: COSEPublicKey
    /// SHA-256 of the key's SubjectPublicKeyInfo in DER.
    package let logID: SHA256Hash

    package init(hub: HubID, environment: String, key: COSEPublicKey, logID: SHA256Hash) {
        self.hub = hub
        self.environment = environment
        self.key = key
        self.logID = logID
    }

    package func verdict(on bytes: [UInt8], for batch: OutstandingBatch) -> Verdict {
        let signed: SignedReceipt
        do {
            signed = try SignedReceipt(decoding: bytes)
        } catch {
            return .refused(.malformed)
        }
        guard signed.verdict(environment: environment, key: key) == .valid else {
            return .refused(.signatureInvalid)
        }
        let receipt = signed.receipt
        guard receipt.hubID == hub else { return .refused(.differs(field: "hub id")) }
        guard receipt.epoch == batch.position.epoch else { return .refused(.differs(field: "epoch")) }
        guard receipt.sequence == batch.position.sequence else { return .refused(.differs(field: "sequence")) }
        guard receipt.batchHash == batch.hash else { return .refused(.differs(field: "batch hash")) }
        guard receipt.logID == logID else { return .refused(.differs(field: "log id")) }

        switch (receipt.status, receipt.inclusion) {
        case (.rejected, _):
            return .genuine(receipt, leafIndex: nil)
        case (.accepted, nil), (.acceptedWithGaps, nil):
            return .refused(.inclusionMissing)
        case (.accepted, let inclusion?), (.acceptedWithGaps, let inclusion?):
            return verdict(onInclusion: inclusion, receipt: receipt, batch: batch)
        }
    }

    private func verdict(onInclusion bytes: [UInt8], receipt: Receipt, batch: OutstandingBatch) -> Verdict {
        let inclusion: InclusionReceipt
        do {
            inclusion = try InclusionReceipt(decoding: bytes)
        } catch {
            return .refused(.inclusionMalformed)
        }
        guard inclusion.verdict(leafData: batch.hash.bytes, key: key) == .valid else {
            return .refused(.inclusionInvalid)
        }
        return .genuine(receipt, leafIndex: inclusion.leafIndex)
    }
}
