/// How far the salvage of a damaged store is.
package struct SalvageProgress: Sendable, Hashable {
    /// Rows that were read.
    package var rowCount = 0
    /// Looks at places that cannot be read.
    package var probeCount = 0
    package var elapsed = Duration.zero

    package init() {}
}
