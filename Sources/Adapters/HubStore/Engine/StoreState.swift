import HubCore

/// What the store as a whole is at; written with every commit.
struct StoreState: Sendable, Hashable {
    /// +1 with every commit.
    var commitSequence: UInt64 = 0
    /// The highest item number that was given away.
    var itemHead: UInt64 = 0
    /// Items up to this one lay in the database file, not only in its log, when the last checkpoint was made.
    var checkpointItem: UInt64 = 0
}

extension StoreState {
    func values() throws(StoreFault) -> [SQLiteValue] {
        [.integer(1), try .unsigned(commitSequence), try .unsigned(itemHead), try .unsigned(checkpointItem)]
    }

    init(_ row: StoredRow) throws(StoreFault) {
        var row = row
        row.skip()
        self.init(
            commitSequence: try row.unsigned(), itemHead: try row.unsigned(), checkpointItem: try row.unsigned())
    }
}
