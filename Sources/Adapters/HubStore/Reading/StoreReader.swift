package import HubCore

/// What can be read of the store, inside the closure that it is given to.
///
/// A row is returned only when its hash is right; otherwise `damaged` is thrown.
package class StoreReader {
    let connection: SQLiteConnection
    /// As of the last durable commit; in a transaction, with its own changes.
    var state: StoreState
    /// What the store did since it was opened.
    package internal(set) var statistics = StoreStatistics()

    var seal: ContentSeal

    init(connection: SQLiteConnection, state: StoreState, seal: ContentSeal) {
        self.connection = connection
        self.state = state
        self.seal = seal
    }

    /// The number of the last durable commit.
    package var commitSequence: UInt64 { state.commitSequence }

    /// Grows whenever an item that was stored is changed: its content goes, or its batch is another. What was read of items
    /// still holds while this stays the same; that others were added does not count.
    package var itemRewriteCount: UInt64 { connection.itemRewriteCount }

    /// The rows of `table` that the rest of the statement chooses.
    func rows(
        _ table: StoredTable, _ clause: String, _ values: [SQLiteValue] = [], withPayload: Bool = false
    ) throws(StoreFault) -> [StoredRow] {
        let sql = (withPayload ? table.selectWithPayloadSQL : table.selectSQL) + " " + clause
        var rows: [StoredRow] = []
        for columns in try connection.rows(sql, values) {
            rows.append(try StoredRow(table, columns: columns, opening: withPayload ? seal : nil))
        }
        return rows
    }

    /// The row of `table` that the rest of the statement chooses, nil where there is none.
    func row(
        _ table: StoredTable, _ clause: String, _ values: [SQLiteValue] = [], withPayload: Bool = false
    ) throws(StoreFault) -> StoredRow? {
        try rows(table, clause + " LIMIT 1", values, withPayload: withPayload).first
    }

    /// The content of an item, which must be there.
    func content(
        of table: StoredTable, item: UInt64, withPayload: Bool = true
    ) throws(StoreFault) -> StoredRow {
        guard let row = try row(table, "WHERE item = ?", [.unsigned(item)], withPayload: withPayload) else {
            throw .damaged(.contentMissing(table: table.name, item: item))
        }
        return row
    }

    func storedState() throws(StoreFault) -> StoreState {
        guard let row = try row(.state, "WHERE key = 1") else { throw .damaged(.stateMissing) }
        return try StoreState(row)
    }
}
