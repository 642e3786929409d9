import CBORCoding
import CORProtocol

/// How far the update of one device is. Durable before anything follows from it.
///
/// offered → downloading → waiting → uploading → marking → rebooting → proving → confirming → an end; where the new image does
/// not prove itself, reverting → an end.
package enum FirmwarePhase: UInt8, CBORShape, Sendable, Hashable, CaseIterable {
    /// The offer is taken; whether its file is here and right is looked at.
    case offered = 1
    /// The file is fetched.
    case downloading = 2
    /// The file is here and judged; the update may begin as soon as nothing is in its way (`FirmwareWaitReason`).
    case waiting = 3
    /// The image goes to the device's second slot.
    case uploading = 4
    /// The image is whole on the device; it is marked, so that the boot loader tries it once.
    case marking = 5
    /// The mark was read back; the device restarts.
    case rebooting = 6
    /// The new image runs on trial. It has to prove itself, and to stay up.
    case proving = 7
    /// It has proven itself and is told to stay.
    case confirming = 8
    /// It has not; a restart brings the image before it back.
    case reverting = 9
    case confirmed = 10
    case reverted = 11
    case failedTransiently = 12
    case failedPermanently = 13
    case cancelled = 14

    /// Nothing is under way any more.
    package var isEnd: Bool { end != nil }

    package var end: FirmwareOutcome.End? {
        switch self {
        case .confirmed: .confirmed
        case .reverted: .reverted
        case .failedTransiently: .failedTransiently
        case .failedPermanently: .failedPermanently
        case .cancelled: .cancelled
        case .offered, .downloading, .waiting, .uploading, .marking, .rebooting, .proving, .confirming, .reverting: nil
        }
    }

    init(_ end: FirmwareOutcome.End) {
        switch end {
        case .confirmed: self = .confirmed
        case .reverted: self = .reverted
        case .failedTransiently: self = .failedTransiently
        case .failedPermanently: self = .failedPermanently
        case .cancelled: self = .cancelled
        }
    }

    /// Something of the image may be on the device: what happens there decides how it ends.
    package var needsDevice: Bool {
        switch self {
        case .uploading, .marking, .rebooting, .proving, .confirming, .reverting: true
        case .offered, .downloading, .waiting, .confirmed, .reverted, .failedTransiently, .failedPermanently,
            .cancelled:
            false
        }
    }

    /// The boot loader may try the image, or runs it: from here on an update ends only by what the device is found to run.
    package var isOnTrial: Bool {
        switch self {
        case .marking, .rebooting, .proving, .confirming, .reverting: true
        case .offered, .downloading, .waiting, .uploading, .confirmed, .reverted, .failedTransiently,
            .failedPermanently, .cancelled:
            false
        }
    }

    /// As `--json`, audit entries and firmware events name it.
    package var code: String {
        switch self {
        case .offered: "offered"
        case .downloading: "downloading"
        case .waiting: "waiting"
        case .uploading: "uploading"
        case .marking: "marked-for-test"
        case .rebooting: "rebooting"
        case .proving: "proving"
        case .confirming: "confirming"
        case .reverting: "reverting"
        case .confirmed: "confirmed"
        case .reverted: "reverted"
        case .failedTransiently: "failed-transiently"
        case .failedPermanently: "failed-permanently"
        case .cancelled: "cancelled"
        }
    }
}
