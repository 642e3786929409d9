package enum AuditOutcome: String, Sendable {
    case done
    case accepted
    case refused
    case failed
}
