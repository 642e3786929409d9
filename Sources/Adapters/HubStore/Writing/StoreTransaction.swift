import HubCore

/// What can be changed in the store, and read with it, inside the closure that it is given to.
///
/// Nothing is durable before the call of `HubStore.write` returns.
package final class StoreTransaction: StoreReader {
    /// The highest item number that was given away.
    var itemHead: UInt64

    init(connection: SQLiteConnection, commitSequence: UInt64, itemHead: UInt64) {
        self.itemHead = itemHead
        super.init(connection: connection, commitSequence: commitSequence)
    }

    /// Inserts a row; `values` are all columns before `length` or `row_hash`.
    func insert(_ table: StoredTable, _ values: [SQLiteValue], payload: [UInt8]? = nil) throws(StoreFault) {
        try connection.run(table.insertSQL, table.sealed(values, payload: payload))
    }

    /// The same, unless a row with the same unique columns is there.
    ///
    /// - Returns: Whether the row was inserted.
    func insertIfNew(
        _ table: StoredTable, _ values: [SQLiteValue], payload: [UInt8]? = nil
    ) throws(StoreFault) -> Bool {
        try connection.run(table.insertIfNewSQL, table.sealed(values, payload: payload))
        return connection.changeCount > 0
    }

    /// The same, and a row with this key gives way.
    func replace(_ table: StoredTable, _ values: [SQLiteValue]) throws(StoreFault) {
        try connection.run(table.replaceSQL, table.sealed(values, payload: nil))
    }

    /// Changes columns of a row that was read, and seals it again. Its key and its payload stay.
    func update(_ row: StoredRow, _ changes: [String: SQLiteValue], clearingPayload: Bool = false) throws(StoreFault) {
        let table = row.table
        var values = row.values
        var changes = changes
        if clearingPayload { changes["payload_state"] = .integer(Int64(StoredBytesState.pruned.rawValue)) }
        let names = changes.keys.sorted()
        for (index, column) in table.columns.enumerated() {
            if let value = changes[column] { values[index] = value }
        }
        let assignments = names.map { "\($0) = ?" } + ["row_hash = ?"] + (clearingPayload ? ["payload = NULL"] : [])
        try connection.run(
            "UPDATE \(table.name) SET \(assignments.joined(separator: ", ")) WHERE \(table.key) = ?",
            names.compactMap { changes[$0] } + [.blob(table.rowHash(values)), values[0]])
    }

    /// One more than the highest key of a table that counts its rows.
    func nextKey(of table: StoredTable) throws(StoreFault) -> SQLiteValue {
        let highest = try connection.integer("SELECT max(\(table.key)) FROM \(table.name)") ?? 0
        guard highest < .max else { throw .damaged(.shape(table: table.name, key: String(highest))) }
        return .integer(highest + 1)
    }

    /// Gives the next item number away.
    func insertItem(_ section: ItemSection, length: Int) throws(StoreFault) -> UInt64 {
        let item = itemHead + 1
        try insert(
            .items,
            [
                try .unsigned(item), .integer(section.rawValue), .integer(section.lane), .integer(Int64(length)), .null,
                .null,
            ])
        itemHead = item
        return item
    }

    func update(state: StoreState) throws(StoreFault) {
        let values = try state.values()
        try connection.run(
            "UPDATE state SET commit_sequence = ?, item_head = ?, checkpoint_item = ?, row_hash = ? WHERE key = 1",
            values.dropFirst() + [.blob(StoredTable.state.rowHash(values))])
        guard connection.changeCount == 1 else { throw .damaged(.stateMissing) }
    }

    static func insertFirstState(into connection: SQLiteConnection) throws(StoreFault) {
        let table = StoredTable.state
        try connection.run(table.insertSQL, table.sealed(try StoreState().values(), payload: nil))
    }
}
