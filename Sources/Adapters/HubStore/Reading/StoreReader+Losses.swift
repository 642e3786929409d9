import CORProtocol
import HubCore

extension StoreReader {
    /// Whether a key between these two, and neither of them, is known to be lost or set aside.
    func isLossKnown(of table: StoredTable, between low: UInt64, and high: UInt64) throws(StoreFault) -> Bool {
        guard high > low + 1 else { return false }
        if table.name == StoredTable.items.name,
            try row(.items, "WHERE batch = 0 AND item > ? AND item < ?", [.unsigned(low), .unsigned(high)]) != nil
        {
            return true
        }
        return try row(
            .losses, "WHERE table_name = ? AND last > ? AND first < ?",
            [.text(table.name), .unsigned(low), .unsigned(high)]) != nil
    }

    /// Whether a row is the content of an item that was set aside.
    func isSetAside(_ key: SQLiteValue?, of table: StoredTable) throws(StoreFault) -> Bool {
        guard let key, ItemSection.allCases.contains(where: { $0.table.name == table.name }) else { return false }
        return try row(.items, "WHERE item = ? AND batch = 0", [key]) != nil
    }
}
