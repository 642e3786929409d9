/// What a key says about a message. Not to be trusted is a finding, not an error.
package enum COSEVerdict: Sendable, Hashable {
    case valid
    case refused(Reason)

    package enum Reason: Sendable, Hashable {
        /// The message names another algorithm than the key has.
        case algorithmMismatch
        case signatureLengthWrong
        case signatureWrong
        /// The payload is detached, and none was handed in.
        case payloadMissing
        /// The message carries its payload, and another was handed in.
        case payloadNotDetached
    }

    package var isValid: Bool { self == .valid }
}
