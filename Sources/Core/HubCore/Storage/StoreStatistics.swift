/// What the store did since it was opened.
package struct StoreStatistics: Sendable, Hashable {
    /// Since it was opened.
    package var elapsed: Duration = .zero
    /// Commits that reached the disk.
    package var commitCount: UInt64 = 0
    /// Writes that shared those commits.
    package var writeCount: UInt64 = 0
    /// The most writes that shared one commit.
    package var writesPerCommitMax: UInt64 = 0
    package var checkpointCount: UInt64 = 0
    /// The commit up to which the commit-sequence file tells a loss; 0 before it was written the first time.
    package var commitSequenceWritten: UInt64 = 0

    /// Bytes of content that were stored.
    package var storedLength: UInt64 = 0
    /// Bytes that were written to the disk for it.
    package var writtenLength: UInt64 = 0
    /// How often the disk was waited for.
    package var syncCount: UInt64 = 0

    package init() {}
}
