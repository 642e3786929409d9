package import CBORCoding

/// Who the device says it is.
///
/// firmware-specs/cddl: `identity-response`.
package struct IdentityResponse: CBORShape, Sendable, Hashable {
    package var serial: DeviceSerial
    package var model: String
    package var hardwareRevision: String
    package var firmwareVersion: String
    /// The version of the device profile: 1.
    package var profileVersion: UInt32
    package var bootCounter: UInt32
    /// X.509 DER, device certificate first; empty: the device has none.
    package var certificateChain: [[UInt8]]
    /// For example "esr", "live".
    package var capabilities: [String]

    package init(
        serial: DeviceSerial, model: String, hardwareRevision: String, firmwareVersion: String,
        profileVersion: UInt32, bootCounter: UInt32, certificateChain: [[UInt8]], capabilities: [String]
    ) {
        self.serial = serial
        self.model = model
        self.hardwareRevision = hardwareRevision
        self.firmwareVersion = firmwareVersion
        self.profileVersion = profileVersion
        self.bootCounter = bootCounter
        self.certificateChain = certificateChain
        self.capabilities = capabilities
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var serial: DeviceSerial?
        var model: String?
        var hardwareRevision: String?
        var firmwareVersion: String?
        var profileVersion: UInt32?
        var bootCounter: UInt32?
        var certificateChain: [[UInt8]]?
        var capabilities: [String]?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "serial": serial = try DeviceSerial(from: &value)
            case "model": model = try value.decodeText(length: 1...64)
            case "hw": hardwareRevision = try value.decodeText(length: 1...32)
            case "fw": firmwareVersion = try value.decodeText(length: 1...32)
            case "proto": profileVersion = try value.decodeInteger(in: 0...UInt32.max)
            case "boot": bootCounter = try value.decodeInteger(in: 0...UInt32.max)
            case "chain":
                certificateChain = try value.decodeArray(countMax: CORLimits.certificateCountMax) {
                    (decoder) throws(CBORError) in
                    try decoder.decodeBytes(length: 1...CORLimits.certificateLengthMax)
                }
            case "cap":
                capabilities = try value.decodeArray(countMax: 32) { (decoder) throws(CBORError) in
                    try decoder.decodeText(length: 1...32)
                }
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let serial, let model, let hardwareRevision, let firmwareVersion, let profileVersion, let bootCounter,
            let certificateChain, let capabilities
        else {
            throw .missingKey(of: "identity-response", offset: messageOffset)
        }
        self.init(
            serial: serial, model: model, hardwareRevision: hardwareRevision, firmwareVersion: firmwareVersion,
            profileVersion: profileVersion, bootCounter: bootCounter, certificateChain: certificateChain,
            capabilities: capabilities)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 8)
        encoder.encode("fw")
        encoder.encode(firmwareVersion)
        encoder.encode("hw")
        encoder.encode(hardwareRevision)
        encoder.encode("cap")
        encoder.encode(array: capabilities) { (encoder, element) in encoder.encode(element) }
        encoder.encode("boot")
        encoder.encode(UInt64(bootCounter))
        encoder.encode("chain")
        encoder.encode(array: certificateChain) { (encoder, element) in encoder.encode(bytes: element) }
        encoder.encode("model")
        encoder.encode(model)
        encoder.encode("proto")
        encoder.encode(UInt64(profileVersion))
        encoder.encode("serial")
        encoder.encode(serial)
    }
}
