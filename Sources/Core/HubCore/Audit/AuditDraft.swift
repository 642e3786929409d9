package import CORProtocol

/// An audit entry before the store chains it: the chain's sequence and hashes are the store's.
package struct AuditDraft: Sendable, Equatable {
    package var type: AuditType
    package var actor: AuditActor
    package var subject: String
    package var outcome: AuditOutcome
    package var time: TimeBlock
    package var detail: String

    /// - Parameter detail: no personal data, no secret; cut to 1,024 bytes of UTF-8 (firmware-specs/cddl/audit.cddl).
    package init(
        _ type: AuditType, actor: AuditActor, subject: String, outcome: AuditOutcome, time: TimeBlock,
        detail: String = ""
    ) {
        self.type = type
        self.actor = actor
        self.subject = subject.clipped(toLength: 128)
        self.outcome = outcome
        self.time = time
        self.detail = detail.clipped(toLength: CORLimits.auditDetailLengthMax)
    }
}
