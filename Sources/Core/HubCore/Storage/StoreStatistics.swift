/// What the store did since it was opened.
package struct StoreStatistics: Sendable, Hashable {
    /// Commits that reached the disk.
    package var commitCount: UInt64 = 0
    /// Writes that shared those commits.
    package var writeCount: UInt64 = 0
    /// The most writes that shared one commit.
    package var writesPerCommitMax: UInt64 = 0
    package var checkpointCount: UInt64 = 0
    /// The commit up to which the commit-sequence file tells a loss; 0 before it was written the first time.
    package var commitSequenceWritten: UInt64 = 0

    package init() {}
}
