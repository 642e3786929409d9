/// What was found to differ from what had been stored.
package enum StoreDamage: Error, Sendable, Hashable {
    /// A row's content does not have the hash that was stored with it.
    case row(table: String, key: String)
    /// A row's payload does not have the hash that its row names.
    case payload(table: String, key: String)
    /// A row's hash is right and its content is not of the table's shape.
    case shape(table: String, key: String)
    /// An item number that was given away has no row.
    case itemMissing(item: UInt64)
    /// An item's content is not where its section says.
    case contentMissing(table: String, item: UInt64)
    /// The row that holds the state of the store is gone.
    case stateMissing
    /// The database ends before a commit that had been acknowledged.
    case commitsMissing(expected: UInt64, found: UInt64)
    /// A page of the log is wrong that was right once: whole commits lie behind it. 0 is the log's head.
    case logBroken(frame: Int)
    /// There is a database and no readable commit-sequence file beside it.
    case commitSequenceMissing
    /// There is a commit-sequence file and no database beside it.
    case databaseMissing
    /// An audit entry does not continue the one before.
    case auditChain(sequence: UInt64)
    /// A batch does not continue the one before in its epoch.
    case batchChain(BatchPosition)
    /// The damaged store was being set aside when the program ended.
    case recoveryUnfinished
    /// The program found damage in use that it could not work around, and ended.
    case foundInUse(detail: String)
    /// A sum that the store keeps is not what its rows come to.
    case tally(String)
    /// SQLite found its own structures broken.
    case database(detail: String)
}
