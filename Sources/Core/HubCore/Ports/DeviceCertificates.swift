package import CORProtocol

/// Judges the certificate chain that a device shows, against the maker's trust anchors.
package protocol DeviceCertificateVerifying: Sendable {
    /// - Parameters:
    ///   - chain: X.509 certificates in DER, the device's own first; intermediates follow, the anchor may be left out.
    ///   - wallMilliseconds: the time at which the chain must be valid, in ms since 1970-01-01T00:00:00Z. nil where the
    ///     hub's clock cannot be trusted: then everything but the validity periods is judged.
    func verdict(onChain chain: [[UInt8]], at wallMilliseconds: Int64?) async -> DeviceCertificateVerdict
}

/// A device certificate is trusted or it is not; neither is an error.
package enum DeviceCertificateVerdict: Sendable, Hashable {
    case trusted(DeviceCertificate)
    case refused(DeviceCertificateRefusal)
}

/// What a trusted chain says about the device.
package struct DeviceCertificate: Sendable, Hashable {
    package let serial: DeviceSerial
    /// P-256, X9.63 uncompressed: 0x04, then x and y, 65 bytes.
    package let publicKey: [UInt8]
    /// SHA-256 of the leaf's DER, as x5t carries it (RFC 9360 §2).
    package let thumbprint: SHA256Hash
    /// The maker's authority that the chain ends at.
    package let authority: TrustedAuthority

    package init(serial: DeviceSerial, publicKey: [UInt8], thumbprint: SHA256Hash, authority: TrustedAuthority) {
        self.serial = serial
        self.publicKey = publicKey
        self.thumbprint = thumbprint
        self.authority = authority
    }
}

/// Why a device's chain is not trusted. firmware-specs/signatures.md, device certificate profile.
package enum DeviceCertificateRefusal: Error, Sendable, Hashable {
    case empty
    case tooLong(count: Int, countMax: Int)
    case certificateTooLarge(index: Int, length: Int, lengthMax: Int)
    /// Not DER, or not an X.509 certificate.
    case malformed(index: Int)
    /// The leaf's key is not on P-256.
    case keyNotP256
    /// The leaf is an authority's, or its key usages do not allow to sign as a device.
    case wrongUsage
    /// Neither the subject's serialNumber nor its common name is a device serial number.
    case noSerial
    /// No chain leads to a trust anchor.
    case untrusted
    /// Outside a validity period at the time asked for.
    case notValidAtTime
    /// A path exists but breaks RFC 5280: constraints, key usage of an authority, version.
    case pathRefused
}

extension DeviceCertificateRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty:
            "the device shows no certificate"
        case .tooLong(let count, let countMax):
            "the chain has \(count) certificates, at most \(countMax) are allowed"
        case .certificateTooLarge(let index, let length, let lengthMax):
            "certificate \(index) has \(length) bytes, at most \(lengthMax) are allowed"
        case .malformed(let index):
            "certificate \(index) is not an X.509 certificate"
        case .keyNotP256:
            "the device's key is not on P-256"
        case .wrongUsage:
            "the certificate does not allow to sign as a device"
        case .noSerial:
            "the certificate's subject holds no device serial number"
        case .untrusted:
            "no chain leads to a trust anchor"
        case .notValidAtTime:
            "a certificate has expired or is not valid yet"
        case .pathRefused:
            "the chain breaks the rules of RFC 5280"
        }
    }
}
