package import CBORCoding

/// One record as the device lists it.
///
/// firmware-specs/cddl: `record-entry`.
package struct RecordEntry: CBORShape, Sendable, Hashable {
    package var sequence: UInt64
    /// In bytes, of the COSE_Sign1.
    package var length: Int
    package var kind: RecordKind
    /// SHA-256 of those bytes.
    package var hash: SHA256Hash

    package init(sequence: UInt64, length: Int, kind: RecordKind, hash: SHA256Hash) {
        self.sequence = sequence
        self.length = length
        self.kind = kind
        self.hash = hash
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var sequence: UInt64?
        var length: Int?
        var kind: RecordKind?
        var hash: SHA256Hash?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "seq": sequence = try value.decodeInteger(in: CORLimits.sequences)
            case "size": length = try value.decodeInteger(in: 0...CORLimits.recordLengthMax)
            case "kind": kind = try RecordKind(from: &value)
            case "sha": hash = try SHA256Hash(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let sequence, let length, let kind, let hash else {
            throw .missingKey(of: "record-entry", offset: messageOffset)
        }
        self.init(sequence: sequence, length: length, kind: kind, hash: hash)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 4)
        encoder.encode("seq")
        encoder.encode(sequence)
        encoder.encode("sha")
        encoder.encode(hash)
        encoder.encode("kind")
        encoder.encode(kind)
        encoder.encode("size")
        encoder.encode(length)
    }
}
