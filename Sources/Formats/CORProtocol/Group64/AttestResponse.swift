package import CBORCoding

/// The device's answer to a challenge.
///
/// firmware-specs/cddl: `attest-response`.
package struct AttestResponse: CBORShape, Sendable, Hashable {
    /// A COSE_Sign1; `SignedAttestation` reads it.
    package var attestation: [UInt8]

    package init(attestation: [UInt8]) {
        self.attestation = attestation
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var attestation: [UInt8]?
        try decoder.decodeTextMap { (key, value) throws(CBORError) in
            switch key {
            case "att": attestation = try value.decodeBytes(length: 1...1024)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let attestation else {
            throw .missingKey(of: "attest-response", offset: messageOffset)
        }
        self.init(attestation: attestation)
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 1)
        encoder.encode("att")
        encoder.encode(bytes: attestation)
    }
}
