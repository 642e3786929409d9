import CivilCalendar
package import MCUbootImage

/// Why a device is not offered a release now. Each is for programs by its code, and for people by its sentence.
package enum RolloutReason: Sendable, Hashable {
    // Of everything.
    case repositoryMissing
    case metadataMissing
    /// Seconds since 1970.
    case metadataExpired(at: Int64)
    case clockUntrusted
    case noRollouts
    case documentRefused(String)

    // Of one rollout.
    case paused
    case aborted
    case rolloutExpired(at: Int64)
    case hardwareUnsupported
    case releaseMissing(ImageVersion)
    case releaseUnusable(ImageVersion, String)
    case outsideCohort(place: Int, threshold: Int)
    /// The device's stage, from 0, is not open yet.
    case stageClosed(Int)
    case stageBegins(Int, at: Int64)
    case anotherDecides(String)

    // Of the device, once a rollout has reached it.
    case upToDate
    case versionUnknown
    case downgradeNotAllowed(running: ImageVersion)
    case securityCounterTooLow(UInt32, device: UInt32)
    /// The device has not been asked yet.
    case securityCounterUnread
    case stepMissing(ImageVersion)
    case fromVersionUnsupported(ImageVersion)
}

extension RolloutReason {
    package var code: String {
        switch self {
        case .repositoryMissing: "repository-missing"
        case .metadataMissing: "metadata-missing"
        case .metadataExpired: "metadata-expired"
        case .clockUntrusted: "clock-untrusted"
        case .noRollouts: "no-rollouts"
        case .documentRefused: "document-refused"
        case .paused: "paused"
        case .aborted: "aborted"
        case .rolloutExpired: "rollout-expired"
        case .hardwareUnsupported: "hardware-unsupported"
        case .releaseMissing: "release-missing"
        case .releaseUnusable: "release-unusable"
        case .outsideCohort: "outside-cohort"
        case .stageClosed: "stage-closed"
        case .stageBegins: "stage-begins"
        case .anotherDecides: "another-decides"
        case .upToDate: "up-to-date"
        case .versionUnknown: "version-unknown"
        case .downgradeNotAllowed: "downgrade-not-allowed"
        case .securityCounterTooLow: "security-counter-too-low"
        case .securityCounterUnread: "security-counter-unread"
        case .stepMissing: "step-missing"
        case .fromVersionUnsupported: "from-version-unsupported"
        }
    }

    /// Seconds since 1970: when the reason ends by itself. nil: not by time.
    package var endsAt: Int64? {
        if case .stageBegins(_, let time) = self { time } else { nil }
    }
}

extension RolloutReason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .repositoryMissing: "no repository is configured (firmware.repository)"
        case .metadataMissing: "the repository's metadata have not been read yet"
        case .metadataExpired(let end):
            "the metadata have expired at \(UTCDateTime(seconds: end).text): nothing new begins until newer ones are read, and devices "
                + "keep what they run"
        case .clockUntrusted: "the hub's clock is not trusted, so that nobody can say whether the metadata still hold"
        case .noRollouts: "the repository has no rollouts for this model"
        case .documentRefused(let reason): "the rollouts of this model cannot be read: \(reason)"
        case .paused: "the rollout is paused"
        case .aborted: "the rollout was aborted"
        case .rolloutExpired: "the rollout has ended"
        case .hardwareUnsupported: "the release is not for this hardware revision"
        case .releaseMissing(let version): "the repository does not offer the release \(version)"
        case .releaseUnusable(let version, let reason): "the release \(version) cannot be read: \(reason)"
        case .outsideCohort(let place, let threshold):
            "the device has place \(place), and the rollout goes up to \(threshold) of 10000"
        case .stageClosed(let stage): "stage \(stage + 1), in which the device is, has not been opened"
        case .stageBegins(let stage, _): "stage \(stage + 1), in which the device is, begins later"
        case .anotherDecides(let id): "the rollout \(id) decides for the device"
        case .upToDate: "the device runs this release"
        case .versionUnknown: "the device does not say which version it runs"
        case .downgradeNotAllowed(let running): "the device runs \(running), which is newer"
        case .securityCounterTooLow(let offered, let device):
            "the release has security counter \(offered), and the device's boot loader refuses any below \(device)"
        case .securityCounterUnread: "the device has not said yet which security counter its boot loader demands"
        case .stepMissing(let version): "the device has to run \(version) first, which the repository does not offer"
        case .fromVersionUnsupported(let version): "\(version) may not be installed over what the device runs"
        }
    }
}
