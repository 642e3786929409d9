package import CORProtocol
package import ESRAnalysis

/// Why a model is not taken into use.
package enum ModelRefusal: Error, Sendable, Hashable {
    /// No maker is configured.
    case makerUnknown
    case malformed(SignedMessageRefusal)
    /// Signed with another certificate than the configured one.
    case otherMaker
    /// Changed on the way, or signed for another environment.
    case signatureWrong
    /// The signed statement and the model's own header do not say the same.
    case statementDiffers(of: String)
    case gate(ModelUpdateGate.Refusal)
    /// There is no model to go back to.
    case nothingBefore

    package var code: String {
        switch self {
        case .makerUnknown: "model-maker-unknown"
        case .malformed: "model-malformed"
        case .otherMaker: "model-of-another-maker"
        case .signatureWrong: "model-signature-wrong"
        case .statementDiffers: "model-statement-differs"
        case .nothingBefore: "nothing-before"
        case .gate(let refusal):
            switch refusal {
            case .unreadable: "model-unreadable"
            case .otherProfile: "model-of-another-profile"
            case .notNewer: "model-not-newer"
            case .selfTestFailed: "model-self-test-failed"
            case .lostResult: "model-loses-a-result"
            case .shiftExceedsDeclared: "model-shifts-too-far"
            }
        }
    }

    package var explanation: String {
        switch self {
        case .makerUnknown: "no maker of models is configured (analysis.model_certificate)"
        case .malformed(let refusal): "it is no signed model: \(refusal)"
        case .otherMaker: "another maker than the configured one signed it"
        case .signatureWrong: "its signature does not hold in this environment"
        case .statementDiffers(let name): "its \(name) is not the one that was signed"
        case .nothingBefore: "there is no model to go back to"
        case .gate(let refusal):
            switch refusal {
            case .unreadable(let fault): "its bytes are no model: \(fault)"
            case .otherProfile(let profile): "it is made for the profile \(profile)"
            case .notNewer(let revision, let inUse): "its revision \(revision) is not above \(inUse)"
            case .selfTestFailed: "it does not give the answers to its known runs that it should"
            case .lostResult(let run): "known run \(run) of the model in use would have no result any more"
            case .shiftExceedsDeclared(let run, let shift, let declared):
                "known run \(run) would move by \((shift * 100).rounded() / 100) mm/h, and it declares \(declared)"
            }
        }
    }
}
