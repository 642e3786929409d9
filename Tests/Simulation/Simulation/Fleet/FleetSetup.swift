/// How large a fleet is, and what is wrong in it.
package struct FleetSetup: Sendable {
    /// A rule that is broken on purpose; what is broken must be found.
    package enum BrokenRule: String, Sendable, CaseIterable {
        /// Failures are divided by all devices of the fleet, so that those that were never tried mask them.
        case dividesByAll = "divides-by-all"
        /// Whatever hubs report, the stages are opened.
        case opensAnyway = "opens-anyway"
        /// Devices take an image for good, without a trial.
        case marksForGood = "marks-for-good"
    }

    package var seed: UInt64
    package var hubCount: Int
    package var deviceCountPerHub: Int
    /// Of 100 devices: those that fail with any new image.
    package var badPercent: Int
    /// Of 100 devices: those that nobody reaches.
    package var offlinePercent: Int
    package var brokenRule: BrokenRule?

    package init(
        seed: UInt64 = 1, hubCount: Int = 1_000, deviceCountPerHub: Int = 3, badPercent: Int = 5,
        offlinePercent: Int = 20, brokenRule: BrokenRule? = nil
    ) {
        self.seed = seed
        self.hubCount = hubCount
        self.deviceCountPerHub = deviceCountPerHub
        self.badPercent = badPercent
        self.offlinePercent = offlinePercent
        self.brokenRule = brokenRule
    }
}
