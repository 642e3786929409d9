extension ReceiptVerifier {
    /// Why a receipt counts for nothing.
    package enum Refusal: Sendable, Hashable, CustomStringConvertible {
        case malformed
        case signatureInvalid
        case differs(field: String)
        case inclusionMissing
        case inclusionMalformed
        case inclusionInvalid

        package var description: String {
            switch self {
            case .malformed: "the receipt cannot be read"
            case .signatureInvalid: "the receipt is not signed by the pinned upstream key"
            case .differs(let field): "the receipt names another \(field)"
            case .inclusionMissing: "the receipt proves no inclusion"
            case .inclusionMalformed: "the receipt's proof of inclusion cannot be read"
            case .inclusionInvalid: "the receipt's proof of inclusion does not hold"
            }
        }
    }
}
