package import CBORCoding

/// What a device signed for one hub, and the certificates to verify it with.
///
/// firmware-specs/cddl: `device-evidence`.
package struct DeviceEvidence: CBORShape, Sendable, Hashable {
    /// `signed-attestation`: fresh, and bound to this hub. With the device's state in it, it is a state report.
    package var attestation: [UInt8]
    /// X.509 in DER, the device's own certificate first; 1 to 4.
    package var certificateChain: [[UInt8]]

    package init(attestation: [UInt8], certificateChain: [[UInt8]]) {
        self.attestation = attestation
        self.certificateChain = certificateChain
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        self = try decoder.decodeArray(count: 2) { (decoder) throws(CBORError) in
            let attestation = try decoder.decodeBytes(length: 1...CORLimits.attestationLengthMax)
            let chain = try decoder.decodeArray(countMin: 1, countMax: CORLimits.certificateCountMax) {
                (decoder) throws(CBORError) in
                try decoder.decodeBytes(length: 1...CORLimits.certificateLengthMax)
            }
            return DeviceEvidence(attestation: attestation, certificateChain: chain)
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginArray(count: 2)
        encoder.encode(bytes: attestation)
        encoder.beginArray(count: certificateChain.count)
        for certificate in certificateChain { encoder.encode(bytes: certificate) }
    }
}
