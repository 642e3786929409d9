package import CBORCoding
package import COSESigning

/// Why bytes are not the signed message that they should be. Whether the signature is good is another question.
package enum SignedMessageRefusal: Error, Sendable, Hashable {
    case tooLong(length: Int, lengthMax: Int)
    /// Not a COSE_Sign1 that we accept.
    case envelope(COSEError)
    /// Signed with another algorithm than ES256.
    case unexpectedAlgorithm
    /// The payload is not in the message, or it is although it has to be detached.
    case payloadMisplaced
    /// A header parameter that the message's rule does not have.
    case unexpectedHeader
    /// x5t is missing from the protected header.
    case thumbprintMissing
    /// x5chain is missing, or has more certificates or longer ones than allowed.
    case certificateChainMalformed
    /// x5t is not the SHA-256 of the first certificate of x5chain.
    case thumbprintMismatch
    /// The payload, or a proof in the header, is not what its rule says; offsets count from its own start.
    case payload(CBORError)
}

package typealias RecordRefusal = SignedMessageRefusal
package typealias AttestationRefusal = SignedMessageRefusal
package typealias BatchRefusal = SignedMessageRefusal
package typealias ReceiptRefusal = SignedMessageRefusal

extension SignedMessageRefusal {
    /// The same for whoever made the message.
    var asSigningError: COSEError {
        switch self {
        case .envelope(let error): error
        case .payload(let error): .malformed(error)
        case .unexpectedAlgorithm: .algorithmMismatch
        case .thumbprintMissing, .thumbprintMismatch: .malformedHeader(label: 34)
        case .certificateChainMalformed, .unexpectedHeader: .malformedHeader(label: 33)
        case .payloadMisplaced: .signingFailed
        case .tooLong(_, let lengthMax): .malformed(.stringLengthLimitExceeded(offset: lengthMax))
        }
    }
}
