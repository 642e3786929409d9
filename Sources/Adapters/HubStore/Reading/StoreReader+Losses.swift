import CORProtocol
import HubCore

extension StoreReader {
    /// Whether a key between these two, and neither of them, is known to be lost.
    func isLossKnown(of table: StoredTable, between low: UInt64, and high: UInt64) throws(StoreFault) -> Bool {
        guard high > low + 1 else { return false }
        return try row(
            .losses, "WHERE table_name = ? AND last > ? AND first < ?",
            [.text(table.name), .unsigned(low), .unsigned(high)]) != nil
    }
}
