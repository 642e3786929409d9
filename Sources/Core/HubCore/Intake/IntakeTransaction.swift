package import CORProtocol

/// What one durable transaction offers to intake. Everything becomes durable together, or nothing does.
package protocol IntakeTransaction: AnyObject {
    /// Whether another record than `id` names this cartridge.
    func isCartridgeUsed(_ cartridge: String, besides id: SHA256Hash) throws(StoreFault) -> Bool

    func insert(record: RecordItem, kind: RecordKind, cartridge: String?) throws(StoreFault) -> RecordInsertion

    /// Whether the result was new.
    @discardableResult
    func insert(result: AnalysisResult) throws(StoreFault) -> Bool

    /// Nil while nobody has assigned the device.
    func assignment(of serial: DeviceSerial) throws(StoreFault) -> DeviceAssignment?

    /// Remembers a result for the person's trend.
    func remember(_ entry: HistoryEntry, of subject: SubjectID) throws(StoreFault)

    func insert(gap: Gap) throws(StoreFault)

    /// Sets bytes aside that were refused.
    func quarantine(
        serial: DeviceSerial, sequence: UInt64, bytes: [UInt8], reason: String, time: TimeBlock
    ) throws(StoreFault)

    @discardableResult
    func appendAudit(
        type: AuditType, actor: AuditActor, subject: String, outcome: String, time: TimeBlock, detail: String
    ) throws(StoreFault) -> AuditEntry
}

extension IntakeTransaction {
    package func append(_ draft: AuditDraft) throws(StoreFault) {
        try appendAudit(
            type: draft.type, actor: draft.actor, subject: draft.subject, outcome: draft.outcome.rawValue,
            time: draft.time, detail: draft.detail)
    }
}
