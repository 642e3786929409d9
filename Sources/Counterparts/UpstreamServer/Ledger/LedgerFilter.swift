/// What a list shall hold; nil leaves open.
package struct LedgerFilter: Sendable, Hashable {
    package var hub: String?
    package var serial: String?
    /// Only what arrived at the upstream at this time or later.
    package var sinceMilliseconds: Int64 = 0
    package var limit: Int

    package init(limit: Int) {
        self.limit = limit
    }
}
