/// One reason with the number that it rests on.
package struct Finding: Sendable, Hashable {
    package var reason: ESRReason
    /// What was found, in the unit that the reason documents; `nil` where there is no number.
    package var measured: Double?
    /// The limit of the profile that it was held against, in the same unit.
    package var limit: Double?

    package init(_ reason: ESRReason, measured: Double? = nil, limit: Double? = nil) {
        self.reason = reason
        self.measured = measured
        self.limit = limit
    }
}
