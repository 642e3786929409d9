package import CBORCoding

/// Why bytes are no COSE_Sign1 that we accept, or why none could be made.
package enum COSEError: Error, Sendable, Hashable {
    /// Not the deterministic CBOR of a COSE_Sign1; an offset within the protected header counts from that header's start.
    case malformed(CBORError)
    /// Tagged with another number than 18.
    case wrongTag(UInt64)
    /// Not tagged at all.
    case untagged
    /// The protected header names no algorithm.
    case algorithmNotProtected
    case unsupportedAlgorithm
    /// A header parameter has a value that its definition does not allow.
    case malformedHeader(label: Int64)
    /// A label that is neither an integer within `Int64` nor text.
    case malformedLabel
    /// A label is in the protected and in the unprotected header.
    case repeatedLabel
    /// `crit` names a parameter that this module does not process.
    case unknownCriticalHeader
    /// The protected header names another algorithm than the signer has.
    case algorithmMismatch
    /// The signer could not sign.
    case signingFailed
}
