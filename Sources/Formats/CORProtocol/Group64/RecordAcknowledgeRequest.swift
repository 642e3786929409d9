package import CBORCoding

/// Lets the device free records: the hub keeps them durably.
///
/// firmware-specs/cddl: `record-acknowledge-request`.
package struct RecordAcknowledgeRequest: CBORShape, Sendable, Hashable {
    /// This record and all before it.
    package var upToSequence: UInt64
    /// Of what the hub means by that: `proof(of:)`. For devices with the capability `proofCapability`.
    package var proof: SHA256Hash?

    /// What a device calls it in its identity that it compares proofs.
    package static let proofCapability = "ack-proof"

    package init(upToSequence: UInt64, proof: SHA256Hash? = nil) {
        self.upToSequence = upToSequence
        self.proof = proof
    }

    /// SHA-256 over the sequence in 8 bytes, the size in 4 bytes, both big endian, and the SHA-256 of each record;
    /// ascending by sequence.
    package static func proof(of records: some Sequence<RecordEntry>) -> SHA256Hash {
        var bytes: [UInt8] = []
        for record in records {
            withUnsafeBytes(of: record.sequence.bigEndian) { bytes += $0 }
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: record.length).bigEndian) { bytes += $0 }
            bytes += record.hash.bytes
        }
        return .of(bytes)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var upToSequence: UInt64?
        var proof: SHA256Hash?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "upto": upToSequence = try value.decodeInteger(in: CORLimits.counters)
            case "proof": proof = try SHA256Hash(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let upToSequence else {
            throw .missingKey(of: "record-acknowledge-request", offset: messageOffset)
        }
        self.init(upToSequence: upToSequence, proof: proof)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1 + (proof == nil ? 0 : 1))
        encoder.encode("upto")
        encoder.encode(upToSequence)
        if let proof {
            encoder.encode("proof")
            encoder.encode(proof)
        }
    }
}
