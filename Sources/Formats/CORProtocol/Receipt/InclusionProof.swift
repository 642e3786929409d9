package import CBORCoding

/// Where a leaf stands in a log, and the path from it to the root.
///
/// firmware-specs/cddl: `inclusion-proof`.
package struct InclusionProof: CBORShape, Sendable, Hashable {
    package static let pathCountMax = 63

    package var treeSize: UInt64
    package var leafIndex: UInt64
    package var path: [SHA256Hash]

    package init(treeSize: UInt64, leafIndex: UInt64, path: [SHA256Hash]) {
        self.treeSize = treeSize
        self.leafIndex = leafIndex
        self.path = path
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        self = try decoder.decodeArray(count: 3) { (decoder) throws(CBORError) in
            InclusionProof(
                treeSize: try decoder.decodeInteger(in: CORLimits.counters),
                leafIndex: try decoder.decodeInteger(in: CORLimits.counters),
                path: try decoder.decodeArray(countMax: Self.pathCountMax) { (decoder) throws(CBORError) in
                    try SHA256Hash(from: &decoder)
                })
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginArray(count: 3)
        encoder.encode(treeSize)
        encoder.encode(leafIndex)
        encoder.encode(array: path)
    }
}
