/// Bounds on what a repository may make a client read (specification §5).
package struct RefreshLimits: Sendable, Hashable {
    /// Bytes of one file.
    package var rootLengthMax = 512_000
    package var timestampLengthMax = 16_384
    /// Where nothing is said of its length, and at most.
    package var snapshotLengthMax = 2_000_000
    package var targetsLengthMax = 5_000_000
    /// New roots in one refresh. What is newer still is read in the next.
    package var rootRotationCountMax = 256
    /// Delegated roles that are looked at for one target.
    package var delegationCountMax = 32

    package init() {}
}
