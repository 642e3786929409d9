/// A provisional estimate while the device still measures.
package struct LiveEstimate: Sendable, Equatable {
    package var minutes: Double
    package var millimetresPerHour: Double?
    package var interval90: ClosedRange<Double>?
    package var reasons: [String]

    package init(minutes: Double, millimetresPerHour: Double?, interval90: ClosedRange<Double>?, reasons: [String]) {
        self.minutes = minutes
        self.millimetresPerHour = millimetresPerHour
        self.interval90 = interval90
        self.reasons = reasons
    }
}
