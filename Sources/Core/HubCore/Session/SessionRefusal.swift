package import CORProtocol

/// Why the hub will not work with a device. Each has a stable code for logs, audit and `--json`.
package enum SessionRefusal: Sendable, Hashable {
    case malformedIdentity
    case unsupportedProfile(version: UInt64)
    case certificateMissing
    /// A device without a certificate shows a serial number that proved itself by one before.
    case certificateWithheld
    case certificateRefused(String)
    case serialDiffersFromCertificate
    case malformedAttestation
    case attestationSignatureInvalid
    case attestationDiffers(field: String)
    case malformedAnswer(command: UInt8)
    case tooManyRefusedRecords
    case ownedByAnother
    case recalled(DeviceRecall)

    package var code: String {
        switch self {
        case .malformedIdentity: "malformed-identity"
        case .unsupportedProfile: "unsupported-profile"
        case .certificateMissing: "certificate-missing"
        case .certificateWithheld: "certificate-withheld"
        case .certificateRefused: "certificate-refused"
        case .serialDiffersFromCertificate: "serial-differs-from-certificate"
        case .malformedAttestation: "malformed-attestation"
        case .attestationSignatureInvalid: "attestation-signature-invalid"
        case .attestationDiffers: "attestation-differs"
        case .malformedAnswer: "malformed-answer"
        case .tooManyRefusedRecords: "too-many-refused-records"
        case .ownedByAnother: "owned-by-another"
        case .recalled: "recalled"
        }
    }

    /// Damage on the way looks the same, so the device is tried again soon; the others would be refused again.
    package var mayBeTransient: Bool {
        switch self {
        case .malformedIdentity, .malformedAttestation, .malformedAnswer: true
        case .unsupportedProfile, .certificateMissing, .certificateWithheld, .certificateRefused,
            .serialDiffersFromCertificate, .attestationSignatureInvalid, .attestationDiffers, .tooManyRefusedRecords,
            .ownedByAnother, .recalled:
            false
        }
    }

    /// One sentence for people: what is wrong and what to do.
    package var explanation: String {
        switch self {
        case .malformedIdentity:
            "the device's identity is not as the device profile says; its firmware may be older or damaged"
        case .unsupportedProfile(let version):
            "the device speaks profile version \(version); this hub speaks 1: update the hub or the device"
        case .certificateMissing:
            "the device has no certificate; allow such devices only by configuration (devices.allow_uncertified)"
        case .certificateWithheld:
            "a device of this serial number proved itself by a certificate before; this one shows none"
        case .certificateRefused(let reason):
            "the device's certificate is not trusted: \(reason)"
        case .serialDiffersFromCertificate:
            "the device's serial number is not the one in its certificate"
        case .malformedAttestation:
            "the device's answer to the challenge cannot be read"
        case .attestationSignatureInvalid:
            "the device could not prove that it owns its certificate's key"
        case .attestationDiffers(let field):
            "the device signed another \(field) than it was asked to"
        case .malformedAnswer(let command):
            "the device's answer to command \(command) is not as the device profile says"
        case .tooManyRefusedRecords:
            "too many of the device's records had to be refused; see `corhub audit show`"
        case .ownedByAnother: DeviceOrderFailure.ownedByAnother.explanation
        case .recalled(let recall): recall.explanation
        }
    }
}
