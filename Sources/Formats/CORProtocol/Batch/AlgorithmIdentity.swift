package import CBORCoding

/// Which algorithm made a result, down to its model.
///
/// firmware-specs/cddl: `algorithm`.
package struct AlgorithmIdentity: CBORShape, Sendable, Hashable {
    package var id: String
    /// A semantic version.
    package var version: String
    /// Of the model artefact.
    package var modelHash: SHA256Hash
    /// The profile and its version.
    package var profile: String

    package init(id: String, version: String, modelHash: SHA256Hash, profile: String) {
        self.id = id
        self.version = version
        self.modelHash = modelHash
        self.profile = profile
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var id: String?
        var version: String?
        var modelHash: SHA256Hash?
        var profile: String?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: id = try value.decodeText(length: 1...64)
            case 2: version = try value.decodeText(length: 1...32)
            case 3: modelHash = try SHA256Hash(from: &value)
            case 4: profile = try value.decodeText(length: 1...64)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let id, let version, let modelHash, let profile else {
            throw .missingKey(of: "algorithm", offset: messageOffset)
        }
        self.init(id: id, version: version, modelHash: modelHash, profile: profile)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 4)
        encoder.encode(1)
        encoder.encode(id)
        encoder.encode(2)
        encoder.encode(version)
        encoder.encode(3)
        encoder.encode(modelHash)
        encoder.encode(4)
        encoder.encode(profile)
    }
}
