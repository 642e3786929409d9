import CBORCoding
import CORProtocol
import HubCore
import HubStore

/// What the agent keeps in the store beside rows of its own tables.
enum Setting {
    static let epoch = "epoch"
    static let bootID = "boot-id"
    static let rawBudget = "raw-budget"
    /// Installed models of the analysis.
    static let modelShelf = "model-shelf"
    /// SHA-256 of the enrolment journal that is in the audit chain already.
    static let enrolmentJournal = "enrolment-journal"
}

extension StoreTransaction {
    /// Appends what happened at enrolment to the audit chain, once, whatever interrupts the start.
    func takeOver(enrolmentJournal contents: [UInt8], at now: TimeBlock) throws(StoreFault) {
        guard !contents.isEmpty else { return }
        let hash = SHA256Hash.of(contents)
        guard try setting(Setting.enrolmentJournal) != hash.bytes else { return }
        for draft in EnrolmentJournal.drafts(contents, at: now) { try append(draft) }
        try set(Setting.enrolmentJournal, hash.bytes)
    }
}

extension StoreReader {
    /// The present epoch; the first start makes it.
    func epoch() throws(StoreFault) -> Epoch {
        guard let epoch = try setting(Setting.epoch).flatMap(Epoch.init(bytes:)) else {
            throw .damaged(.contentMissing(table: "settings", item: 0))
        }
        return epoch
    }
}

extension StoreReader {
    /// What was installed; nothing in a new store.
    func modelShelf() throws(StoreFault) -> ModelShelfContent {
        guard let bytes = try setting(Setting.modelShelf) else { return ModelShelfContent() }
        do {
            return try ModelShelfContent(decoding: bytes)
        } catch {
            throw .damaged(.shape(table: "settings", key: Setting.modelShelf))
        }
    }
}

extension Epoch {
    static func random() -> Epoch {
        guard let epoch = Epoch(bytes: (0..<Epoch.byteCount).map { _ in UInt8.random(in: 0...255) }) else {
            preconditionFailure("an epoch has \(Epoch.byteCount) bytes")
        }
        return epoch
    }
}
