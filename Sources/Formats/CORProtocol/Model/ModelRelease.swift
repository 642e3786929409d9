package import CBORCoding

/// A model of the analysis, and what its maker declares of it.
///
/// Whether the bytes have the hash, and are a model at all, is for the analysis to say.
///
/// firmware-specs/cddl: `model`.
package struct ModelRelease: CBORShape, Sendable, Hashable {
    /// Of the algorithm that it is for.
    package var algorithm: String
    package var revision: UInt32
    /// The profile and its version.
    package var profile: String
    /// Hundredths of mm/h by which it moves the known runs of the model before it at most.
    package var shiftMaxHundredths: UInt32
    package var hash: SHA256Hash
    package var bytes: [UInt8]

    package init(
        algorithm: String, revision: UInt32, profile: String, shiftMaxHundredths: UInt32, hash: SHA256Hash,
        bytes: [UInt8]
    ) {
        self.algorithm = algorithm
        self.revision = revision
        self.profile = profile
        self.shiftMaxHundredths = shiftMaxHundredths
        self.hash = hash
        self.bytes = bytes
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var version: UInt32?
        var algorithm: String?
        var revision: UInt32?
        var profile: String?
        var shiftMaxHundredths: UInt32?
        var hash: SHA256Hash?
        var bytes: [UInt8]?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: version = try value.decodeInteger(in: 1...1)
            case 2: algorithm = try value.decodeText(length: 1...64)
            case 3: revision = try value.decodeInteger(in: 1...1_000_000)
            case 4: profile = try value.decodeText(length: 1...64)
            case 5: shiftMaxHundredths = try value.decodeInteger(in: 0...500)
            case 6: hash = try SHA256Hash(from: &value)
            case 7: bytes = try value.decodeBytes(length: 1...CORLimits.modelLengthMax)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard version != nil, let algorithm, let revision, let profile, let shiftMaxHundredths, let hash, let bytes
        else {
            throw .missingKey(of: "model", offset: messageOffset)
        }
        self.init(
            algorithm: algorithm, revision: revision, profile: profile, shiftMaxHundredths: shiftMaxHundredths,
            hash: hash, bytes: bytes)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 7)
        encoder.encode(1)
        encoder.encode(1)
        encoder.encode(2)
        encoder.encode(algorithm)
        encoder.encode(3)
        encoder.encode(UInt64(revision))
        encoder.encode(4)
        encoder.encode(profile)
        encoder.encode(5)
        encoder.encode(UInt64(shiftMaxHundredths))
        encoder.encode(6)
        encoder.encode(hash)
        encoder.encode(7)
        encoder.encode(bytes: bytes)
    }
}
