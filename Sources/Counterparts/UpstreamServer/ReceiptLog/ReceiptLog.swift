package import CORProtocol

/// The edge of an append-only Merkle tree (RFC 9162 §2.1): enough to append a leaf and to prove it.
///
/// The leaves so far are some perfect subtrees, one for each bit of their count. Appending a leaf makes their roots,
/// smallest first, the leaf's inclusion path: all that lies left of the last leaf. So an append costs O(log n) hashes
/// and the state is O(log n) hashes.
package struct ReceiptLog: Sendable, Hashable {
    /// The number of leaves.
    package private(set) var size: UInt64
    /// The roots of the perfect subtrees, smallest first; one for each bit that is set in `size`.
    package private(set) var peaks: [SHA256Hash]

    package init() {
        size = 0
        peaks = []
    }

    /// - Returns: nil unless there is one peak for each bit of `size`.
    package init?(size: UInt64, peaks: [SHA256Hash]) {
        guard peaks.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.peaks = peaks
    }

    /// Appends a leaf.
    ///
    /// - Returns: its proof and the new root.
    package mutating func append(_ leafData: [UInt8]) -> (proof: InclusionProof, root: SHA256Hash) {
        let leafHash = MerkleTree.leafHash(leafData)
        let proof = InclusionProof(treeSize: size + 1, leafIndex: size, path: peaks)
        let root = peaks.reduce(leafHash) { MerkleTree.nodeHash($1, $0) }

        // As in adding one to a binary number: each trailing set bit is a subtree of equal size to merge with.
        let carryCount = (~size).trailingZeroBitCount
        let merged = peaks.prefix(carryCount).reduce(leafHash) { MerkleTree.nodeHash($1, $0) }
        peaks.replaceSubrange(..<carryCount, with: [merged])
        size += 1
        return (proof, root)
    }
}
