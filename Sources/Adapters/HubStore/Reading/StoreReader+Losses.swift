package import HubCore

extension StoreReader {
    /// Whether the audit entry before the one with this item number may be lost: then the two do not follow each other.
    package func isAuditLost(before item: UInt64) throws(StoreFault) -> Bool {
        let previous = try connection.integer("SELECT max(item) FROM audit WHERE item < ?", [.unsigned(item)]) ?? 0
        if try isSetAside(.integer(previous), of: .audit) { return true }
        return try isLossKnown(of: .items, between: UInt64(max(previous, 0)), and: item)
    }

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
