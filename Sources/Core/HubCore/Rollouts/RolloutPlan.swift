package import FirmwareRollout
package import MCUbootImage

/// What valid metadata say: everything that a hub needs to decide by itself, until it ends.
package struct RolloutPlan: Sendable, Hashable {
    /// A release that a rollout of the model names, or that has to be passed through.
    package enum Finding: Sendable, Hashable {
        case release(Release)
        /// Its target is there, and cannot be read.
        case unusable(reason: String)
    }

    package struct Model: Sendable, Hashable {
        package var rollouts: [Rollout]
        /// By version; what the repository does not offer is absent.
        package var releases: [ImageVersion: Finding]

        package init(rollouts: [Rollout] = [], releases: [ImageVersion: Finding] = [:]) {
            self.rollouts = rollouts
            self.releases = releases
        }
    }

    /// Kinds of devices that one hub looks after.
    package static let modelCountMax = 8

    /// Seconds since 1970: when the first of the metadata that were used ends.
    package var validUntil: Int64
    /// Of the snapshot: rises with everything that is published.
    package var metadataVersion: UInt64
    /// By the model's name; those of which the repository has no rollouts are absent.
    package var models: [String: Model]
    /// Why the rollouts of a model count for nothing.
    package var faults: [String: String]

    package init(
        validUntil: Int64, metadataVersion: UInt64, models: [String: Model] = [:], faults: [String: String] = [:]
    ) {
        self.validUntil = validUntil
        self.metadataVersion = metadataVersion
        self.models = models
        self.faults = faults
    }
}

extension RolloutList {
    /// Versions of which the plan needs the releases: those of rollouts that may still offer something, none twice.
    package var wantedVersions: [ImageVersion] {
        var seen: Set<ImageVersion> = []
        return rollouts.filter { $0.state != .aborted }.map(\.release).filter { seen.insert($0).inserted }
    }
}

extension RolloutPlan {
    /// Where a release's file is; nil where no release is that file.
    package func location(of target: FirmwareOffer.Target) -> String? {
        for finding in models.values.flatMap(\.releases.values) {
            if case .release(let release) = finding, release.fileHash == target.sha256 { return release.location }
        }
        return nil
    }
}
