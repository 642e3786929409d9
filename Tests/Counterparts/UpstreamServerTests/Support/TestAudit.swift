import CORProtocol

enum TestAudit {
    /// Entries 1 to `count` of one log.
    static func chain(count: UInt64, detail: String = "") -> [AuditEntry] {
        var entries: [AuditEntry] = []
        for sequence in 1...count {
            entries.append(
                .sealing(
                    sequence: sequence, previousHash: entries.last?.hash ?? .zero, type: .start,
                    actor: AuditActor(component: "test"), subject: "hub", outcome: "done", time: .test,
                    detail: detail))
        }
        return entries
    }
}
