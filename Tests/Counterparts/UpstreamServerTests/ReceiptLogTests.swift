import CORProtocol
import Testing
import UpstreamServer

@Suite("Receipt log")
struct ReceiptLogTests {
    @Test("Every append to a log of up to 300 leaves gives the path and the root of RFC 9162's whole tree")
    func agreesWithTheWholeTree() {
        var log = ReceiptLog()
        var leafHashes: [SHA256Hash] = []
        for index in 0..<300 {
            let leaf = SHA256Hash.of([UInt8(index & 0xFF), UInt8(index >> 8)])
            leafHashes.append(MerkleTree.leafHash(leaf.bytes))
            let (proof, root) = log.append(leaf.bytes)
            #expect(
                proof
                    == InclusionProof(
                        treeSize: UInt64(index + 1), leafIndex: UInt64(index),
                        path: MerkleTree.inclusionPath(ofLeafAt: index, in: leafHashes)))
            #expect(root == MerkleTree.root(ofLeafHashes: leafHashes))
        }
    }

    @Test("A log read back goes on as if it had never stopped")
    func restored() throws {
        var log = ReceiptLog()
        for byte in UInt8(0)..<77 { _ = log.append([byte]) }
        var restored = try #require(ReceiptLog(size: log.size, peaks: log.peaks))
        #expect(restored.append([77]) == log.append([77]))
        #expect(restored == log)
    }

    @Test("A size that does not fit the peaks is refused")
    func misfit() {
        #expect(ReceiptLog(size: 3, peaks: [.zero]) == nil)
        #expect(ReceiptLog(size: 0, peaks: []) == ReceiptLog())
    }
}
