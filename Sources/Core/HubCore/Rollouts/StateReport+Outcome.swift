package import FirmwareRollout

extension StateReport {
    /// nil for an update that no rollout has offered.
    package init?(_ outcome: FirmwareOutcome) {
        guard case .rollout(let id) = outcome.offer.origin else { return nil }
        let end: End =
            switch outcome.end {
            case .confirmed: .confirmed
            case .reverted: .reverted
            case .failedTransiently: .transient
            case .failedPermanently: .failed
            case .cancelled: .cancelled
            }
        self.init(rollout: id, version: outcome.offer.image.version, end: end, reason: outcome.reason)
    }
}
