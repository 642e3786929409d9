import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import Testing

@Suite("Signed messages")
struct SignedMessageTests {
    private let key = P256.Signing.PrivateKey()
    private let certificate: [UInt8] = Array("stands for a certificate".utf8)

    private var signer: P256COSESigner { P256COSESigner(key) }
    private var publicKey: COSEPublicKey { .p256(key.publicKey) }

    private func record() throws -> SignedRecord {
        try .signing(try Samples.payload(), chain: [certificate], signer: signer)
    }

    private func batch() throws -> SignedBatch {
        try .signing(try Samples.batch(), environment: "test", chain: [certificate], signer: signer)
    }

    private func receipt() throws -> SignedReceipt {
        try .signing(try Samples.receipt(), environment: "test", certificate: certificate, signer: signer)
    }

    private func model() throws -> SignedModel {
        try .signing(Samples.model, environment: "test", certificate: certificate, signer: signer)
    }

    @Test("What is signed verifies, and reads back as it was")
    func soundness() throws {
        #expect(try record().verdict(key: publicKey) == .valid)
        #expect(try record().payload == Samples.payload())
        let attestation = try SignedAttestation.signing(
            Samples.attestation(), certificate: certificate, signer: signer)
        #expect(attestation.verdict(key: publicKey) == .valid)
        #expect(try batch().verdict(environment: "test", key: publicKey) == .valid)
        #expect(try batch().batch == Samples.batch())
        #expect(try receipt().verdict(environment: "test", key: publicKey) == .valid)
        #expect(try receipt().receipt == Samples.receipt())
        #expect(try model().verdict(environment: "test", key: publicKey) == .valid)
        #expect(try model().release == Samples.model)
    }

    @Test("Another key, another environment and another type are refused")
    func contexts() throws {
        let other = COSEPublicKey.p256(P256.Signing.PrivateKey().publicKey)
        #expect(try record().verdict(key: other) == .refused(.signatureWrong))
        #expect(try batch().verdict(environment: "production", key: publicKey) == .refused(.signatureWrong))
        #expect(try receipt().verdict(environment: "production", key: publicKey) == .refused(.signatureWrong))
        #expect(try model().verdict(environment: "production", key: publicKey) == .refused(.signatureWrong))
        let asReceipt = COSEContext.externalAAD(type: CORContext.receipt, environment: "test")
        #expect(try batch().cose.verification(externalAAD: asReceipt, key: publicKey) == .refused(.signatureWrong))
    }

    @Test("Every flipped bit of a record is noticed")
    func flippedRecord() throws {
        try expectRefused(record().bytes) { try SignedRecord(decoding: $0).verdict(key: publicKey) }
    }

    @Test("Every flipped bit of a batch is noticed")
    func flippedBatch() throws {
        try expectRefused(batch().bytes) { try SignedBatch(decoding: $0).verdict(environment: "test", key: publicKey) }
    }

    @Test("Every flipped bit of a receipt is noticed")
    func flippedReceipt() throws {
        try expectRefused(receipt().bytes) {
            try SignedReceipt(decoding: $0).verdict(environment: "test", key: publicKey)
        }
    }

    @Test("Every flipped bit of a model is noticed")
    func flippedModel() throws {
        try expectRefused(model().bytes) {
            try SignedModel(decoding: $0).verdict(environment: "test", key: publicKey)
        }
    }

    @Test("Every flipped bit of a list of recalls is noticed")
    func flippedRecalls() throws {
        let list = try SignedRecallList.signing(
            Samples.recalls(), environment: "test", certificate: certificate, signer: signer)
        #expect(list.verdict(environment: "test", key: publicKey) == .valid)
        #expect(list.verdict(environment: "production", key: publicKey) == .refused(.signatureWrong))
        try expectRefused(list.bytes) {
            try SignedRecallList(decoding: $0).verdict(environment: "test", key: publicKey)
        }
    }

    @Test("Every flipped bit of an inclusion receipt is noticed")
    func flippedInclusion() throws {
        let leaves = (0..<7).map { MerkleTree.leafHash([$0]) }
        let proof = InclusionProof(
            treeSize: 7, leafIndex: 4, path: MerkleTree.inclusionPath(ofLeafAt: 4, in: leaves))
        let receipt = try InclusionReceipt.signing(
            proof: proof, root: MerkleTree.root(ofLeafHashes: leaves), signer: signer)
        #expect(receipt.verdict(leafData: [4], key: publicKey) == .valid)
        #expect(receipt.verdict(leafData: [5], key: publicKey) == .refused(.signatureWrong))
        try expectRefused(receipt.bytes) {
            // A leaf may stand at several places of trees that share its path: RFC 9162 binds the root, not the size.
            let flipped = try InclusionReceipt(decoding: $0)
            guard flipped.proof.path == proof.path, flipped.leafIndex == 4 else {
                return flipped.verdict(leafData: [4], key: publicKey)
            }
            return flipped.treeSize == 7 ? flipped.verdict(leafData: [4], key: publicKey) : .refused(.signatureWrong)
        }
    }

    @Test("A record id is of the serial, the boot counter, the sequence and the payload, not of the signature")
    func recordID() throws {
        let first = try record()
        let second = try record()
        #expect(first.bytes != second.bytes)
        #expect(first.id == second.id)
        let other = try SignedRecord.signing(Samples.payload(sequence: 18), chain: [certificate], signer: signer)
        #expect(other.id != first.id)
    }

    @Test("A certificate that is not the signer's is refused before any signature is looked at")
    func thumbprint() throws {
        let cose = try record().cose
        var headers = cose.unprotected
        headers.certificateChain = [[1, 2, 3]]
        let swapped = try COSESign1.signing(
            payload: cose.payload ?? [], protected: cose.protected, unprotected: headers, externalAAD: [],
            signer: signer)
        #expect(throws: RecordRefusal.thumbprintMismatch) { try SignedRecord(decoding: swapped.encoded()) }
    }

    @Test("Content out of its bounds is not signed")
    func ownBounds() throws {
        var payload = try Samples.payload()
        payload.sequence = 0
        #expect(throws: COSEError.self) {
            try SignedRecord.signing(payload, chain: [certificate], signer: signer)
        }
        #expect(throws: COSEError.malformedHeader(label: 33)) {
            try SignedRecord.signing(Samples.payload(), chain: [], signer: signer)
        }
        #expect(throws: COSEError.malformedHeader(label: 33)) {
            try SignedRecord.signing(
                Samples.payload(), chain: Array(repeating: certificate, count: 5), signer: signer)
        }
    }

    @Test("A record takes 1 MiB and not a byte more")
    func length() throws {
        let tooLong = [UInt8](repeating: 0, count: CORLimits.recordLengthMax + 1)
        #expect(throws: RecordRefusal.tooLong(length: tooLong.count, lengthMax: CORLimits.recordLengthMax)) {
            try SignedRecord(decoding: tooLong)
        }
        #expect(throws: RecordRefusal.envelope(.untagged)) { try SignedRecord(decoding: Array(tooLong.dropLast())) }
    }

    /// Flips one bit of each byte in turn.
    private func expectRefused(_ bytes: [UInt8], _ verdict: ([UInt8]) throws -> COSEVerdict) throws {
        for index in bytes.indices {
            var flipped = bytes
            flipped[index] ^= 1 << (index % 8)
            do {
                let found = try verdict(flipped)
                #expect(!found.isValid, "byte \(index)")
            } catch is SignedMessageRefusal {
                continue
            }
        }
    }
}
