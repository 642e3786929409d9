import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import HubCore
import Testing

/// What an upstream answers with: receipts that it signs, with a proof from its log.
struct TestUpstream {
    let key = P256.Signing.PrivateKey()
    let hub: HubID
    let environment = "test"
    /// Leaves of the log, the hashes of the batches that were accepted.
    private(set) var log: [SHA256Hash] = []

    init() throws {
        hub = try #require(HubID("hub-0001"))
    }

    var logID: SHA256Hash { .of(Array(key.publicKey.derRepresentation)) }

    var verifier: ReceiptVerifier {
        ReceiptVerifier(hub: hub, environment: environment, key: .p256(key.publicKey), logID: logID)
    }

    /// Takes the batch into the log, and proves it.
    mutating func inclusion(of batch: OutstandingBatch, signer: P256.Signing.PrivateKey? = nil) throws -> [UInt8] {
        let leaf = MerkleTree.leafHash(batch.hash.bytes)
        let index: Int
        if let known = log.firstIndex(of: leaf) {
            index = known
        } else {
            log.append(leaf)
            index = log.count - 1
        }
        return try InclusionReceipt.signing(
            proof: InclusionProof(
                treeSize: UInt64(log.count), leafIndex: UInt64(index),
                path: MerkleTree.inclusionPath(ofLeafAt: index, in: log)),
            root: MerkleTree.root(ofLeafHashes: log), signer: P256COSESigner(signer ?? key)
        ).bytes
    }

    /// What an honest upstream says of a batch.
    mutating func receipt(for batch: OutstandingBatch, status: ReceiptStatus = .accepted) throws -> Receipt {
        Receipt(
            hubID: hub, epoch: batch.position.epoch, sequence: batch.position.sequence, batchHash: batch.hash,
            logID: logID, inclusion: status == .rejected ? nil : try inclusion(of: batch),
            upstreamMilliseconds: TimeBlock.at().wallMilliseconds, status: status,
            reason: status == .rejected ? "signature" : nil, nextSequence: batch.position.sequence + 1)
    }

    func signed(
        _ receipt: Receipt, environment: String? = nil, key: P256.Signing.PrivateKey? = nil
    ) throws -> [UInt8] {
        try SignedReceipt.signing(
            receipt, environment: environment ?? self.environment, certificate: [0x30, 0x00],
            signer: P256COSESigner(key ?? self.key)
        ).bytes
    }
}

extension OutstandingBatch {
    /// A batch of this number. The forwarder and the verifier look at its place and its hash only.
    static func sample(_ sequence: UInt64 = 1) throws -> OutstandingBatch {
        let bytes = Array("batch \(sequence)".utf8)
        let epoch = try #require(Epoch(bytes: [UInt8](repeating: 3, count: 16)))
        return OutstandingBatch(
            position: BatchPosition(epoch: epoch, sequence: sequence), hash: .of(bytes), bytes: bytes, cut: .at())
    }
}
