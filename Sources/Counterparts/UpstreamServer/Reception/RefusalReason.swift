import CBORCoding
import CORProtocol

extension SignedMessageRefusal {
    /// For the reason of a receipt, which people read.
    var reason: String {
        switch self {
        case .tooLong(_, let lengthMax): "longer than \(lengthMax) bytes"
        case .envelope(let error): "not a COSE_Sign1 that is accepted: \(error)"
        case .unexpectedAlgorithm: "signed with another algorithm than ES256"
        case .payloadMisplaced: "the payload is not in the message"
        case .unexpectedHeader: "a header parameter that does not belong there"
        case .thumbprintMissing: "x5t is missing from the protected header"
        case .certificateChainMalformed: "x5chain is missing or too large"
        case .thumbprintMismatch: "x5t is not that of the signer's certificate"
        case .payload(.unexpectedValue(let expected, let offset)): "expected \(expected), at byte \(offset)"
        case .payload(let error): "not deterministic CBOR: \(error)"
        }
    }
}
