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
