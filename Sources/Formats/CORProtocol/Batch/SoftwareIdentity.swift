package import CBORCoding

/// Which software cut the batch, under which configuration.
///
/// firmware-specs/cddl: `software`.
package struct SoftwareIdentity: CBORShape, Sendable, Hashable {
    package var version: String
    /// Empty when the build had none.
    package var buildHash: [UInt8]
    /// Of the configuration in force.
    package var configurationHash: SHA256Hash
    /// Nil in batches of agents that do not look.
    package var sandbox: SandboxState?

    package init(
        version: String, buildHash: [UInt8], configurationHash: SHA256Hash, sandbox: SandboxState? = nil
    ) {
        self.version = version
        self.buildHash = buildHash
        self.configurationHash = configurationHash
        self.sandbox = sandbox
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var version: String?
        var buildHash: [UInt8]?
        var configurationHash: SHA256Hash?
        var sandbox: SandboxState?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: version = try value.decodeText(length: 1...64)
            case 2: buildHash = try value.decodeBytes(length: 0...64)
            case 3: configurationHash = try SHA256Hash(from: &value)
            case 4: sandbox = try SandboxState(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let version, let buildHash, let configurationHash else {
            throw .missingKey(of: "software", offset: messageOffset)
        }
        self.init(
            version: version, buildHash: buildHash, configurationHash: configurationHash, sandbox: sandbox)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: sandbox == nil ? 3 : 4)
        encoder.encode(1)
        encoder.encode(version)
        encoder.encode(2)
        encoder.encode(bytes: buildHash)
        encoder.encode(3)
        encoder.encode(configurationHash)
        if let sandbox {
            encoder.encode(4)
            encoder.encode(sandbox)
        }
    }
}
