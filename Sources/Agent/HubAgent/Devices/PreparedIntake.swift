import CORProtocol
import HubCore
import HubStore

/// A transaction of the store whose record was hashed and sealed before: the rest is the store's own.
final class PreparedIntake: IntakeTransaction {
    private let transaction: StoreTransaction
    private let sealed: SealedRecord?

    init(_ transaction: StoreTransaction, _ sealed: SealedRecord?) {
        self.transaction = transaction
        self.sealed = sealed
    }

    func isCartridgeUsed(_ cartridge: String, besides id: SHA256Hash) throws(StoreFault) -> Bool {
        try transaction.isCartridgeUsed(cartridge, besides: id)
    }

    func insert(record: RecordItem, kind: RecordKind, cartridge: String?) throws(StoreFault) -> RecordInsertion {
        guard let sealed else { return try transaction.insert(record: record, kind: kind, cartridge: cartridge) }
        return try transaction.insert(sealed.assigned(to: record.subject))
    }

    func insert(result: AnalysisResult) throws(StoreFault) -> Bool {
        try transaction.insert(result: result)
    }

    func assignment(of serial: DeviceSerial) throws(StoreFault) -> DeviceAssignment? {
        try transaction.assignment(of: serial)
    }

    func remember(_ entry: HistoryEntry, of subject: SubjectID) throws(StoreFault) {
        try transaction.remember(entry, of: subject)
    }

    func insert(gap: Gap) throws(StoreFault) {
        try transaction.insert(gap: gap)
    }

    func nameFirst(_ gaps: [Gap]) throws(StoreFault) {
        try transaction.nameFirst(gaps)
    }

    func usage() throws(StoreFault) -> StorageUsage { try transaction.usage() }

    var pendingRecordsLength: Int { transaction.pendingRecordsLength }

    func overwriteOldestRuns(lengthMin: Int) throws(StoreFault) -> [OverwrittenRun] {
        try transaction.overwriteOldestRuns(lengthMin: lengthMin)
    }

    func quarantine(
        serial: DeviceSerial, sequence: UInt64, bytes: [UInt8], reason: String, time: TimeBlock
    ) throws(StoreFault) {
        try transaction.quarantine(serial: serial, sequence: sequence, bytes: bytes, reason: reason, time: time)
    }

    func appendAudit(
        type: AuditType, actor: AuditActor, subject: String, outcome: String, time: TimeBlock, detail: String
    ) throws(StoreFault) -> AuditEntry {
        try transaction.appendAudit(
            type: type, actor: actor, subject: subject, outcome: outcome, time: time, detail: detail)
    }
}

extension SealedRecord {
    /// Nil where nothing is to be stored as a record.
    init?(_ content: DeviceDelivery.Content, for store: HubStore) {
        guard case .record(let item, let record) = content else { return nil }
        self.init(item, kind: record.payload.kind, cartridge: record.payload.cartridgeID, for: store)
    }
}
