/// Limits and periods of a store.
package struct StoreOptions: Sendable, Hashable {
    /// The longest that a write waits for others to share its commit.
    package var commitWindowMax: Duration = .milliseconds(50)
    /// A commit is made once this many bytes are to be stored with it.
    package var commitLengthMax = 64 * 1024
    /// Requests that may wait for the store; more are refused as `overloaded`.
    package var mailboxCountMax = 1024
    /// Pages (4 KiB) in the write-ahead log at which it is copied into the database.
    package var checkpointPageCount = 1000
    /// How far the commit-sequence file may be behind while commits follow each other.
    package var commitSequenceDelay: Duration = .milliseconds(250)
    /// How long the store must be idle before the commit-sequence file is brought up to date.
    package var commitSequenceIdleDelay: Duration = .milliseconds(20)
    /// How long the next rows wait at most that are still to be sealed, while requests follow each other.
    package var sealingDelayMax: Duration = .seconds(1)
    /// Looks at places of a damaged store that cannot be read, at most, and how long they may take in all.
    package var salvageProbeCountMax = 200_000
    package var salvageProbeTimeMax: Duration = .seconds(60)
    /// SQLite's page cache in KiB.
    package var cacheLength = 1024

    /// How long the store's thread looks for a further request before it sleeps, after each one.
    package var spin: Duration = .microseconds(50)

    package init() {}
}
