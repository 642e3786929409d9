/// Why a device's record is not accepted as evidence.
package enum RecordRefusalReason: String, Sendable, CaseIterable {
    case lengthDiffers = "length-differs"
    case hashDiffers = "hash-differs"
    case malformed = "malformed"
    case serialDiffers = "serial-differs"
    case sequenceDiffers = "sequence-differs"
    case certificateDiffers = "certificate-differs"
    case signatureInvalid = "signature-invalid"
    case tooLong = "too-long"
    case unreadable = "unreadable"
    /// The same serial and sequence were stored with other bytes.
    case conflictsWithStored = "conflicts-with-stored"
}
