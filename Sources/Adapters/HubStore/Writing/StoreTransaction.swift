import HubCore

/// What can be changed in the store, and read with it, inside the closure that it is given to.
///
/// Nothing is durable before the call of `HubStore.write` returns.
package final class StoreTransaction: StoreReader {
    /// What opening the store would come to: the state's row as it was written last, and the items since.
    var carriedState: StoreState
    /// Whether the log shall not keep what it holds now longer than this commit.
    var emptiesLog = false

    override init(connection: SQLiteConnection, state: StoreState, seal: ContentSeal) {
        carriedState = state
        super.init(connection: connection, state: state, seal: seal)
    }

    /// Items that the state's row, or the index of record ids, does not know of.
    var tailItemCount: UInt64 { state.itemHead - min(state.indexedItem, state.itemHead) }

    func sealed(_ content: [UInt8], in table: StoredTable) -> StoredContent {
        StoredContent(content, in: table, sealing: seal)
    }

    /// Inserts a row; `values` are all columns before `length` or `row_hash`.
    func insert(_ table: StoredTable, _ values: [SQLiteValue], content: StoredContent? = nil) throws(StoreFault) {
        try connection.run(table.insertSQL, table.sealed(values, content: content), last: content?.sealed)
    }

    /// The same, unless a row with the same unique columns is there.
    ///
    /// - Returns: Whether the row was inserted.
    func insertIfNew(
        _ table: StoredTable, _ values: [SQLiteValue], content: StoredContent? = nil
    ) throws(StoreFault) -> Bool {
        try connection.run(table.insertIfNewSQL, table.sealed(values, content: content), last: content?.sealed)
        return connection.changeCount > 0
    }

    /// The same, and a row with this key gives way.
    func replace(_ table: StoredTable, _ values: [SQLiteValue]) throws(StoreFault) {
        try connection.run(table.replaceSQL, table.sealed(values, content: nil))
    }

    /// Changes columns of a row that was read, and seals it again. Its key stays.
    ///
    /// - Parameter clearing: Takes the payload away, and says so by this state.
    func update(
        _ row: StoredRow, _ changes: [String: SQLiteValue], clearing: StoredBytesState? = nil
    ) throws(StoreFault) {
        let table = row.table
        if table.name != StoredTable.batches.name { connection.itemRewriteCount += 1 }
        var values = row.values
        var changes = changes
        if let clearing { changes["payload_state"] = .integer(Int64(clearing.rawValue)) }
        let names = changes.keys.sorted()
        for (index, column) in table.columns.enumerated() {
            if let value = changes[column] { values[index] = value }
        }
        let assignments = names.map { "\($0) = ?" } + ["row_hash = ?"] + (clearing != nil ? ["payload = NULL"] : [])
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

    /// Stores the content of a new item under the next item number.
    ///
    /// - Parameters:
    ///   - values: All columns between `commit_sequence` and `length`.
    @discardableResult
    func insertItem(
        _ section: ItemSection, _ values: [SQLiteValue], content: [UInt8]
    ) throws(StoreFault) -> UInt64 {
        let item = state.itemHead + 1
        let columns = [try SQLiteValue.unsigned(item), try .unsigned(state.commitSequence + 1)] + values
        try insert(section.table, columns, content: sealed(content, in: section.table))
        noteItem(item, section, contentLength: content.count)
        return item
    }

    /// Gives the item number away that was just inserted.
    func noteItem(_ item: UInt64, _ section: ItemSection, contentLength: Int) {
        let commit = carriedState.commitSequence
        carriedState.absorb(
            item: item, section, contentLength: contentLength, commitSequence: max(commit, state.commitSequence + 1))
        state.absorb(item: item, section, contentLength: contentLength, commitSequence: 0)
    }

    func writeState() throws(StoreFault) {
        let values = try state.values()
        try connection.run(Self.updateStateSQL, values.dropFirst() + [.blob(StoredTable.state.rowHash(values))])
        guard connection.changeCount == 1 else { throw .damaged(.stateMissing) }
        carriedState = state
    }

    private static let updateStateSQL =
        "UPDATE state SET \(StoredTable.state.columns.dropFirst().map { "\($0) = ?" }.joined(separator: ", ")), "
        + "row_hash = ? WHERE key = 1"

    static func insertFirstState(into connection: SQLiteConnection) throws(StoreFault) {
        let table = StoredTable.state
        try connection.run(table.insertSQL, table.sealed(try StoreState().values(), content: nil))
    }
}
