/// What the hub found of an offer's file.
package enum FirmwareJudgement: Sendable, Hashable {
    /// It is here, has the offered length and SHA-256, and is an image that may be sent.
    case accepted
    case missing
    /// - Parameter code: as `ImageRefusal` names it.
    case refused(code: String)
}
