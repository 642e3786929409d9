package import CBORCoding

/// RFC 9162 §2.1 over a batch's items.
///
/// firmware-specs/cddl: `merkle-root`.
package struct MerkleRoot: CBORShape, Sendable, Hashable {
    package var hash: SHA256Hash
    package var leafCount: UInt64

    package init(hash: SHA256Hash, leafCount: UInt64) {
        self.hash = hash
        self.leafCount = leafCount
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var hash: SHA256Hash?
        var leafCount: UInt64?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: hash = try SHA256Hash(from: &value)
            case 2: leafCount = try value.decodeInteger(in: CORLimits.counters)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let hash, let leafCount else {
            throw .missingKey(of: "merkle-root", offset: messageOffset)
        }
        self.init(hash: hash, leafCount: leafCount)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 2)
        encoder.encode(1)
        encoder.encode(hash)
        encoder.encode(2)
        encoder.encode(leafCount)
    }
}
