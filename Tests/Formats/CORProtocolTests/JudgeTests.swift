import CBORCoding
import CORProtocol
import COSESigning
import Crypto
import Foundation
import TestSupport
import Testing

@Suite("Independent judges", .enabled(if: PythonJudge.isDemanded, "\(PythonJudge.skipReason)"))
struct JudgeTests {
    @Test("The judge agrees with every vector")
    func vectors() throws {
        let verdict = try PythonJudge.run("judge_cddl.py", ["vectors"])
        #expect(verdict.hasSuffix("messages judged, 0 wrong\n"))
    }

    @Test("The judge accepts one message of every rule that our encoder writes")
    func ourMessages() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "corhub-messages-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var messages = try Samples.all().mapValues { $0.encoded() }
        messages.merge(try signedMessages()) { $1 }
        for (rule, bytes) in messages { try Data(bytes).write(to: folder.appending(path: "\(rule).ours.cbor")) }
        let verdict = try PythonJudge.run("judge_cddl.py", ["messages", folder.path(percentEncoded: false)])
        #expect(verdict == "\(messages.count) messages judged, 0 wrong\n")
    }

    @Test("What was generated from the specs is what the specs would generate now", arguments: ["specs", "vectors"])
    func drift(_ what: String) throws {
        _ = try PythonJudge.run("../../scripts/generate-\(what)", ["--check"])
    }

    @Test("The verifier of exports passes a sound one and reports each way to spoil it")
    func exportVerifier() throws {
        let verdict = try PythonJudge.run("verify_export_selftest.py", [])
        #expect(verdict.hasSuffix(" exports, 0 misjudged\n"))
    }

    private func signedMessages() throws -> [String: [UInt8]] {
        let signer = P256COSESigner(P256.Signing.PrivateKey())
        let certificate: [UInt8] = [1, 2, 3]
        let leaf = MerkleTree.leafHash([1])
        return [
            "signed-record": try SignedRecord.signing(
                Samples.payload(), chain: [certificate, [4]], signer: signer
            ).bytes,
            "signed-attestation": try SignedAttestation.signing(
                Samples.attestation(), certificate: certificate, signer: signer
            ).bytes,
            "signed-batch": try SignedBatch.signing(
                Samples.batch(), environment: "test", chain: [certificate], signer: signer
            ).bytes,
            "signed-receipt": try SignedReceipt.signing(
                Samples.receipt(), environment: "test", certificate: certificate, signer: signer
            ).bytes,
            "signed-model": try SignedModel.signing(
                Samples.model, environment: "test", certificate: certificate, signer: signer
            ).bytes,
            "signed-recalls": try SignedRecallList.signing(
                Samples.recalls(), environment: "test", certificate: certificate, signer: signer
            ).bytes,
            "inclusion-receipt": try InclusionReceipt.signing(
                proof: InclusionProof(treeSize: 1, leafIndex: 0, path: []), root: leaf, signer: signer
            ).bytes,
        ]
    }
}
