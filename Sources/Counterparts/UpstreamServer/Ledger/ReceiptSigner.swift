package import CORProtocol
import COSESigning
import Crypto

/// Signs what the upstream says of a batch. One key signs receipts and the log's roots.
package struct ReceiptSigner: Sendable {
    private let signer: P256COSESigner
    private let certificate: [UInt8]
    private let environment: String
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    package let logID: SHA256Hash

    package init(folder: StateFolder) throws(CertificateFault) {
        signer = P256COSESigner(folder.receiptKey)
        certificate = try folder.receiptCertificate.derBytes()
        environment = folder.settings.environment
        logID = SHA256Hash.of(Array(folder.receiptKey.publicKey.derRepresentation))
    }

    /// The receipt of a batch that joined the log.
    func accepting(
        _ envelope: BatchEnvelope, hasGaps: Bool, proof: InclusionProof, root: SHA256Hash, at time: Int64
    ) throws(LedgerFailure) -> [UInt8] {
        let inclusion = try signing { () throws(COSEError) in
            try InclusionReceipt.signing(proof: proof, root: root, signer: signer).bytes
        }
        return try sign(
            envelope, status: hasGaps ? .acceptedWithGaps : .accepted, reason: nil, inclusion: inclusion, at: time)
    }

    func rejecting(_ envelope: BatchEnvelope, reason: String, at time: Int64) throws(LedgerFailure) -> [UInt8] {
        try sign(envelope, status: .rejected, reason: reason, inclusion: nil, at: time)
    }

    private func sign(
        _ envelope: BatchEnvelope, status: ReceiptStatus, reason: String?, inclusion: [UInt8]?, at time: Int64
    ) throws(LedgerFailure) -> [UInt8] {
        let receipt = Receipt(
            hubID: envelope.hub, epoch: envelope.epoch, sequence: envelope.sequence, batchHash: envelope.hash,
            logID: logID, inclusion: inclusion, upstreamMilliseconds: time, status: status, reason: reason,
            nextSequence: envelope.sequence + 1)
        return try signing { () throws(COSEError) in
            try SignedReceipt.signing(receipt, environment: environment, certificate: certificate, signer: signer).bytes
        }
    }

    private func signing(_ body: () throws(COSEError) -> [UInt8]) throws(LedgerFailure) -> [UInt8] {
        do throws(COSEError) { return try body() } catch { throw .signing(error) }
    }
}
