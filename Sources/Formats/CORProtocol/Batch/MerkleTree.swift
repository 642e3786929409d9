/// Merkle tree hashing, RFC 9162 §2.1.
package enum MerkleTree {
    /// HASH(0x00 ‖ data), RFC 9162 §2.1.1.
    package static func leafHash(_ data: [UInt8]) -> SHA256Hash {
        .of([0x00] + data)
    }

    /// HASH(0x01 ‖ left ‖ right), RFC 9162 §2.1.1.
    package static func nodeHash(_ left: SHA256Hash, _ right: SHA256Hash) -> SHA256Hash {
        .of([0x01] + left.bytes + right.bytes)
    }

    /// The root over `hashes`; of none it is the hash of no bytes.
    package static func root(ofLeafHashes hashes: [SHA256Hash]) -> SHA256Hash {
        guard !hashes.isEmpty else { return .of([]) }
        var level = hashes
        while level.count > 1 { level = parents(of: level) }
        return level[0]
    }

    /// The siblings from the leaf up, RFC 9162 §2.1.3.1.
    ///
    /// - Precondition: `index` is one of `hashes`.
    package static func inclusionPath(ofLeafAt index: Int, in hashes: [SHA256Hash]) -> [SHA256Hash] {
        precondition(hashes.indices.contains(index), "no such leaf")
        var path: [SHA256Hash] = []
        var level = hashes
        var position = index
        while level.count > 1 {
            let sibling = position ^ 1
            // The last of an odd level has no sibling: it rises as it is.
            if sibling < level.count { path.append(level[sibling]) }
            level = parents(of: level)
            position /= 2
        }
        return path
    }

    /// The root that the path leads to; nil if the path does not fit the place and the size. RFC 9162 §2.1.3.2.
    package static func root(
        fromLeafHash leafHash: SHA256Hash, index: UInt64, treeSize: UInt64, path: [SHA256Hash]
    ) -> SHA256Hash? {
        guard index < treeSize else { return nil }
        var position = index
        var last = treeSize - 1
        var hash = leafHash
        for sibling in path {
            guard last != 0 else { return nil }
            if position & 1 == 1 || position == last {
                hash = nodeHash(sibling, hash)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                hash = nodeHash(hash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 ? hash : nil
    }

    /// Pairs from the left, the last of an odd level alone: the same tree as RFC 9162 §2.1.1's recursive splits.
    private static func parents(of level: [SHA256Hash]) -> [SHA256Hash] {
        var parents: [SHA256Hash] = []
        parents.reserveCapacity((level.count + 1) / 2)
        for index in stride(from: 0, to: level.count - 1, by: 2) {
            parents.append(nodeHash(level[index], level[index + 1]))
        }
        if !level.count.isMultiple(of: 2) { parents.append(level[level.count - 1]) }
        return parents
    }
}
