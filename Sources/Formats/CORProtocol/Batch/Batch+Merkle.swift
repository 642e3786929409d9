import CBORCoding

extension Batch {
    /// A section of a batch that holds items, by its key.
    package enum Section: UInt8, Sendable, Hashable, CaseIterable {
        case records = 6
        case gaps = 7
        case results = 8
        case firmwareEvents = 9
        case deviceEvents = 10
        case audit = 11
    }

    package var merkleRoot: MerkleRoot {
        let hashes = leafHashes()
        return MerkleRoot(hash: MerkleTree.root(ofLeafHashes: hashes), leafCount: UInt64(hashes.count))
    }

    /// The leaves in the order of the sections and of the items in them.
    package func leafHashes() -> [SHA256Hash] {
        var hashes: [SHA256Hash] = []
        hashes.reserveCapacity(Section.allCases.reduce(0) { $0 + itemCount(of: $1) })
        append(records, of: .records, to: &hashes)
        append(gaps, of: .gaps, to: &hashes)
        append(results, of: .results, to: &hashes)
        append(firmwareEvents, of: .firmwareEvents, to: &hashes)
        append(deviceEvents, of: .deviceEvents, to: &hashes)
        append(audit, of: .audit, to: &hashes)
        return hashes
    }

    /// The path that proves one item under `merkleRoot`; nil if the section has no such item.
    package func inclusionPath(section: Section, index: Int) -> [SHA256Hash]? {
        guard let leafIndex = leafIndex(section: section, index: index) else { return nil }
        return MerkleTree.inclusionPath(ofLeafAt: leafIndex, in: leafHashes())
    }

    /// An item's place among all leaves; nil if the section has no such item.
    package func leafIndex(section: Section, index: Int) -> Int? {
        guard (0..<itemCount(of: section)).contains(index) else { return nil }
        return Section.allCases.prefix { $0 != section }.reduce(index) { $0 + itemCount(of: $1) }
    }

    package func itemCount(of section: Section) -> Int {
        switch section {
        case .records: records.count
        case .gaps: gaps.count
        case .results: results.count
        case .firmwareEvents: firmwareEvents.count
        case .deviceEvents: deviceEvents.count
        case .audit: audit.count
        }
    }

    /// A leaf's data is deterministic CBOR [section, item].
    private func append(_ items: [some CBORShape], of section: Section, to hashes: inout [SHA256Hash]) {
        for item in items {
            var encoder = CBOREncoder(capacity: 256)
            encoder.beginArray(count: 2)
            encoder.encode(UInt64(section.rawValue))
            encoder.encode(item)
            hashes.append(MerkleTree.leafHash(encoder.bytes))
        }
    }
}
