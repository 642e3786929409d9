import CORProtocol
import TestSupport
import Testing

@Suite("Merkle tree, RFC 9162 §2.1")
struct MerkleTreeTests {
    /// The leaves and roots that the Certificate Transparency implementations test with.
    private static let knownLeaves = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ]
    private static let knownRoots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    private static func leaves(_ count: Int) -> [SHA256Hash] {
        (0..<count).map { MerkleTree.leafHash([UInt8($0)]) }
    }

    @Test("The known trees have the known roots")
    func knownTrees() {
        let hashes = Self.knownLeaves.map { MerkleTree.leafHash([UInt8](hexadecimal: $0)) }
        for (index, root) in Self.knownRoots.enumerated() {
            #expect(MerkleTree.root(ofLeafHashes: Array(hashes[...index])).hex == root)
        }
        #expect(
            MerkleTree.root(ofLeafHashes: []).hex
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("Every tree of 1 to 64 leaves has the root of the RFC's recursive definition")
    func roots() {
        for size in 1...64 {
            let hashes = Self.leaves(size)
            #expect(MerkleTree.root(ofLeafHashes: hashes) == Self.recursiveRoot(hashes[...]))
        }
    }

    @Test("Every leaf of every tree of 1 to 64 leaves is proven, at its own place and by its own path only")
    func proofs() {
        for size in 1...64 {
            let hashes = Self.leaves(size)
            let root = MerkleTree.root(ofLeafHashes: hashes)
            for index in hashes.indices {
                let path = MerkleTree.inclusionPath(ofLeafAt: index, in: hashes)
                func proven(_ leaf: SHA256Hash, _ index: Int, _ size: Int, _ path: [SHA256Hash]) -> Bool {
                    MerkleTree.root(
                        fromLeafHash: leaf, index: UInt64(index), treeSize: UInt64(size), path: path) == root
                }
                #expect(proven(hashes[index], index, size, path))
                #expect(!proven(.zero, index, size, path))
                #expect(!proven(hashes[index], index, size, path + [.zero]))
                if !path.isEmpty { #expect(!proven(hashes[index], index, size, Array(path.dropLast()))) }
                for other in hashes.indices where other != index { #expect(!proven(hashes[index], other, size, path)) }
            }
        }
    }

    @Test("A place outside the tree leads to no root")
    func outside() {
        #expect(MerkleTree.root(fromLeafHash: .zero, index: 0, treeSize: 0, path: []) == nil)
        #expect(MerkleTree.root(fromLeafHash: .zero, index: 7, treeSize: 7, path: []) == nil)
        #expect(
            MerkleTree.root(
                fromLeafHash: .zero, index: .max - 1, treeSize: .max, path: Array(repeating: .zero, count: 65)) == nil)
    }

    @Test("An item of a batch is proven alone under the batch's root")
    func batchItem() throws {
        let batch = try Samples.batch()
        let leaves = batch.leafHashes()
        #expect(batch.merkleRoot.leafCount == 7)
        let index = try #require(batch.leafIndex(section: .audit, index: 1))
        #expect(index == 6)
        let path = try #require(batch.inclusionPath(section: .audit, index: 1))
        let root = MerkleTree.root(
            fromLeafHash: leaves[index], index: UInt64(index), treeSize: batch.merkleRoot.leafCount, path: path)
        #expect(root == batch.merkleRoot.hash)
        #expect(batch.inclusionPath(section: .audit, index: 2) == nil)
        #expect(batch.inclusionPath(section: .gaps, index: -1) == nil)
    }

    private static func recursiveRoot(_ hashes: ArraySlice<SHA256Hash>) -> SHA256Hash {
        guard hashes.count > 1 else { return hashes.first ?? .of([]) }
        var split = 1
        while split * 2 < hashes.count { split *= 2 }
        let middle = hashes.startIndex + split
        return MerkleTree.nodeHash(recursiveRoot(hashes[..<middle]), recursiveRoot(hashes[middle...]))
    }
}
