import HubCore

/// What the store as a whole is at.
///
/// Its row is not written with every commit: items carry the number of their commit, so what the row misses of them is
/// made up from the items behind `itemHead` when the store is opened.
struct StoreState: Sendable, Hashable {
    /// Rows of one kind, and the bytes of their content.
    struct Tally: Sendable, Hashable {
        var count: UInt64 = 0
        var length: UInt64 = 0

        mutating func add(_ length: Int) {
            count &+= 1
            self.length &+= UInt64(length)
        }

        mutating func add(_ other: Tally) {
            count &+= other.count
            length &+= other.length
        }

        /// Wraps rather than traps: `HubStore.verifyAll` finds a tally that went wrong, and it must stop nobody.
        mutating func remove(_ length: Int) {
            count &-= 1
            self.length &-= UInt64(length)
        }
    }

    /// +1 with every commit.
    var commitSequence: UInt64 = 0
    /// The highest item number that was given away.
    var itemHead: UInt64 = 0
    /// Items up to this one lay in the database file, not only in its log, when the last checkpoint was made.
    var checkpointItem: UInt64 = 0
    /// Items of the lane up to this one were offered to a batch, and have a row in `items`.
    var entryCursor: UInt64 = 0
    var recordCursor: UInt64 = 0
    /// Records up to this item have their id in `record_ids`.
    var indexedItem: UInt64 = 0
    /// Items in no batch: records, and all others.
    var pendingRecords = Tally()
    var pendingEntries = Tally()
    /// Records with their bytes.
    var records = Tally()
    var quarantined = Tally()

    func cursor(of lane: ItemSection.Lane) -> UInt64 {
        switch lane {
        case .entries: entryCursor
        case .records: recordCursor
        }
    }

    mutating func moveCursor(of lane: ItemSection.Lane, to item: UInt64) {
        switch lane {
        case .entries: entryCursor = item
        case .records: recordCursor = item
        }
    }

    /// Takes an item in that was just stored, as whoever opens the store will find it.
    mutating func absorb(
        item: UInt64, _ section: ItemSection, contentLength: Int, commitSequence: UInt64
    ) {
        self.commitSequence = max(self.commitSequence, commitSequence)
        itemHead = item
        notePending(section, length: section.itemLength(ofContent: contentLength)) { $0.add($1) }
        if section == .record { records.add(contentLength) }
    }

    /// An item begins to be pending, or ends to.
    mutating func notePending(_ section: ItemSection, length: Int, _ change: (inout Tally, Int) -> Void) {
        if section == .record { change(&pendingRecords, length) } else { change(&pendingEntries, length) }
    }
}

extension StoreState {
    func values() throws(StoreFault) -> [SQLiteValue] {
        var values: [SQLiteValue] = [.integer(1)]
        values.reserveCapacity(StoredTable.state.columns.count + 1)
        for number in [commitSequence, itemHead, checkpointItem, entryCursor, recordCursor, indexedItem] {
            values.append(try .unsigned(number))
        }
        for tally in [pendingRecords, pendingEntries, records, quarantined] {
            values.append(.integer(Int64(bitPattern: tally.count)))
            values.append(.integer(Int64(bitPattern: tally.length)))
        }
        return values
    }

    init(_ row: StoredRow) throws(StoreFault) {
        var row = row
        row.skip()
        self.init(
            commitSequence: try row.unsigned(), itemHead: try row.unsigned(), checkpointItem: try row.unsigned(),
            entryCursor: try row.unsigned(), recordCursor: try row.unsigned(), indexedItem: try row.unsigned(),
            pendingRecords: try Self.tally(&row), pendingEntries: try Self.tally(&row),
            records: try Self.tally(&row), quarantined: try Self.tally(&row))
    }

    private static func tally(_ row: inout StoredRow) throws(StoreFault) -> Tally {
        Tally(count: UInt64(bitPattern: try row.integer()), length: UInt64(bitPattern: try row.integer()))
    }
}
