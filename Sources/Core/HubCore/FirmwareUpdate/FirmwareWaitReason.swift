/// Why an update does not go on just now. Each has a stable code for `--json`.
package enum FirmwareWaitReason: Sendable, Hashable {
    case deviceAbsent
    case measurementRunning
    /// Below what the image or the hub wants, and no external power.
    case batteryLow(percent: UInt8, wanted: UInt8)
    /// - Parameter opens: ms since 1970 at which it opens next; nil where it never does.
    case outsideWindow(opens: Int64?)
    /// The hub's own clock is not known to be right, so that no window can be looked up.
    case clockUntrusted
    /// A local user said: not now.
    case inhibited(name: String)
    /// A local user has not agreed yet.
    case consentMissing
    /// The repository does not give it, or gives something else.
    case imageUnavailable(String)
    /// The hub cannot store anything at present.
    case storageRefused

    package var code: String {
        switch self {
        case .deviceAbsent: "device-absent"
        case .measurementRunning: "measurement-running"
        case .batteryLow: "battery-low"
        case .outsideWindow: "outside-window"
        case .clockUntrusted: "clock-untrusted"
        case .inhibited: "inhibited"
        case .consentMissing: "consent-missing"
        case .imageUnavailable: "image-unavailable"
        case .storageRefused: "storage-refused"
        }
    }

    package var explanation: String {
        switch self {
        case .deviceAbsent: "the device is not connected"
        case .measurementRunning: "a measurement is running"
        case .batteryLow(let percent, let wanted):
            "the battery has \(percent) %, and \(wanted) % or external power are needed"
        case .outsideWindow(let opens):
            opens == nil
                ? "the maintenance window never opens; see `corhub window show`"
                : "the maintenance window is closed; see `corhub window show`"
        case .clockUntrusted: "the hub's clock is not known to be right, and the window is in local time"
        case .inhibited(let name): "held back by \"\(name)\"; see `corhub inhibit list`"
        case .consentMissing: "somebody has to agree: `corhub firmware resume`"
        case .imageUnavailable(let reason):
            "the image cannot be had at present (\(reason)); `corhub firmware resume` tries again at once"
        case .storageRefused: "the hub cannot store anything at present; see `corhub buffer status`"
        }
    }
}
