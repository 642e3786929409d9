/// Why a document of a release or of rollouts does not count: firmware-specs/rollouts.md.
package enum DocumentFault: Error, Sendable, Hashable {
    /// No JSON, or longer than a document may be.
    case notJSON(reason: String)
    /// Another format than this program knows.
    case formatUnknown(found: String)
    case memberMissing(String)
    /// A member that is not known may be a condition, so that nothing with one counts.
    case memberUnknown(String)
    /// Another type than it should have, or out of its bounds.
    case valueWrong(member: String, expected: String)
    /// Each value is right, and together they are not.
    case contradiction(reason: String)
}

extension DocumentFault {
    /// The kind for programs.
    package var code: String {
        switch self {
        case .notJSON: "not-json"
        case .formatUnknown: "format-unknown"
        case .memberMissing: "member-missing"
        case .memberUnknown: "member-unknown"
        case .valueWrong: "value-wrong"
        case .contradiction: "contradiction"
        }
    }
}

extension DocumentFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notJSON(let reason): "no document: \(reason)"
        case .formatUnknown(let found): "the format \(found) is not known"
        case .memberMissing(let name): "\(name) is missing"
        case .memberUnknown(let name): "\(name) is not known"
        case .valueWrong(let member, let expected): "\(member) is not \(expected)"
        case .contradiction(let reason): reason
        }
    }
}
