/// Why a session ended.
package enum SessionEnd: Sendable, Equatable {
    case linkGone
    /// The device does not answer.
    case silent
    /// The device cannot be trusted or does not keep to the profile; said in the audit trail.
    case refused(SessionRefusal)
    /// The hub cannot keep records at present, so it lets the device keep them.
    case storageRefused
    /// The hub had the device restart, or a record shows that it did: it has to prove itself anew.
    case restarted
    /// A better link to the same device is used.
    case superseded

    package var code: String {
        switch self {
        case .linkGone: "link-gone"
        case .silent: "silent"
        case .refused(let refusal): refusal.code
        case .storageRefused: "storage-refused"
        case .restarted: "restarted"
        case .superseded: "superseded"
        }
    }
}
