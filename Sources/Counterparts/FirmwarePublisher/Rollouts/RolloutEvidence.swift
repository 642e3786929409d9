package import CORProtocol
package import FirmwareRollout
package import MCUbootImage

/// What devices have signed of one rollout; each device counts once.
package struct RolloutEvidence: Sendable, Hashable {
    package var attempted: Int
    package var failed: Int
    /// Devices whose reports do not count, by why not; the codes are those of firmware-specs/rollouts.md, section 6.
    package var uncounted: [String: Int]

    package init(attempted: Int = 0, failed: Int = 0, uncounted: [String: Int] = [:]) {
        self.attempted = attempted
        self.failed = failed
        self.uncounted = uncounted
    }

    /// Counts what devices say of the image that they were to run: the one that is published, or not.
    ///
    /// - Parameters:
    ///   - uncounted: of devices whose reports were not accepted at all.
    ///   - images: the SHA-256 in the image of each version that is published.
    package init(_ groups: [StateReportGroup], uncounted: [String: Int], images: [ImageVersion: SHA256Hash]) {
        self.init(uncounted: uncounted)
        for group in groups {
            guard let image = images[group.version] else {
                self.uncounted["release-unknown", default: 0] += group.deviceCount
                continue
            }
            guard (group.runningHash == image) != group.isFailure else {
                self.uncounted["image-differs", default: 0] += group.deviceCount
                continue
            }
            attempted += group.deviceCount
            if group.isFailure { failed += group.deviceCount }
        }
    }

    package var uncountedCount: Int { uncounted.values.reduce(0, +) }
}
