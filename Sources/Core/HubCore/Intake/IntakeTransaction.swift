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

    /// Stores gaps that the next batch names before anything else, since they lie before what waits already.
    func nameFirst(_ gaps: [Gap]) throws(StoreFault)

    /// What the store takes of the disk as the transaction is now.
    func usage() throws(StoreFault) -> StorageUsage

    /// Bytes of records that are in no batch, not less than their content.
    var pendingRecordsLength: Int { get }

    /// Lets go of the content of the oldest raw runs that are in no batch, until these many bytes are free or
    /// `RecordIntake.overwritingCountMax` are gone. Their rows and hashes stay; the caller names them by gaps.
    func overwriteOldestRuns(lengthMin: Int) throws(StoreFault) -> [OverwrittenRun]

    /// Sets bytes aside that were refused.
    func quarantine(
        serial: DeviceSerial, sequence: UInt64, bytes: [UInt8], reason: String, time: TimeBlock
    ) throws(StoreFault)

    @discardableResult
    func appendAudit(
        type: AuditType, actor: AuditActor, subject: String, outcome: String, time: TimeBlock, detail: String
    ) throws(StoreFault) -> AuditEntry
}

/// A raw run that gave way before it was sent.
package struct OverwrittenRun: Sendable, Hashable {
    package var serial: DeviceSerial
    package var sequence: UInt64

    package init(serial: DeviceSerial, sequence: UInt64) {
        self.serial = serial
        self.sequence = sequence
    }
}

extension IntakeTransaction {
    package func append(_ draft: AuditDraft) throws(StoreFault) {
        try appendAudit(
            type: draft.type, actor: draft.actor, subject: draft.subject, outcome: draft.outcome.rawValue,
            time: draft.time, detail: draft.detail)
    }
}
