import CORProtocol

/// What of the hub's own surroundings speaks for or against going on, at one moment.
package struct FirmwareConditions: Sendable, Hashable {
    package enum Window: Sendable, Hashable {
        case open
        /// - Parameter opens: ms since 1970; nil where it never does.
        case closed(opens: Int64?)
        /// The clock is not known to be right.
        case unknown
    }

    package var window: Window
    /// Names of what local users hold back by, those for this device and those for all.
    package var inhibits: [String]

    package init(window: Window = .open, inhibits: [String] = []) {
        self.window = window
        self.inhibits = inhibits
    }

    /// Everything that keeps an update from beginning.
    func reasonsBeforeBegin(_ record: FirmwareRecord, _ status: StatusResponse?, _ policy: FirmwarePolicy)
        -> [FirmwareWaitReason]
    {
        var reasons: [FirmwareWaitReason] = []
        if record.offer.consent == .asked, !record.hasConsent { reasons.append(.consentMissing) }
        if record.offer.window == .maintenance {
            switch window {
            case .open: break
            case .closed(let opens): reasons.append(.outsideWindow(opens: opens))
            case .unknown: reasons.append(.clockUntrusted)
            }
        }
        return reasons + reasonsBeforeRestart(record, status, policy)
    }

    /// Everything that keeps the device from being restarted. A window that has closed meanwhile does not: what was begun is
    /// brought to its end.
    func reasonsBeforeRestart(_ record: FirmwareRecord, _ status: StatusResponse?, _ policy: FirmwarePolicy)
        -> [FirmwareWaitReason]
    {
        var reasons = inhibits.map { FirmwareWaitReason.inhibited(name: $0) }
        guard let status else { return reasons }
        if status.isRunning { reasons.append(.measurementRunning) }
        let wanted = max(policy.batteryPercentMin, record.offer.requirements.batteryPercentMin)
        if !status.hasExternalPower, status.batteryPercent < wanted {
            reasons.append(.batteryLow(percent: status.batteryPercent, wanted: wanted))
        }
        return reasons
    }
}
