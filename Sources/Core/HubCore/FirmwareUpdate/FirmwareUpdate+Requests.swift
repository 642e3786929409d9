package import CORProtocol

/// What a local user asks of an update that is under way.
package enum FirmwareRequest: String, Sendable, Hashable, CaseIterable {
    /// Leave it; what the device tries already is reverted.
    case cancel
    /// What has proven itself is confirmed now, without waiting for the rest of its time.
    case confirm
    /// What is on trial goes back now.
    case rollback
    /// Agree to it; do not wait for a pause; try again what failed for a while.
    case resume
}

/// Why a request does not fit.
package enum FirmwareRequestRefusal: Error, Sendable, Hashable {
    case nothingRuns
    case notOnTrial
    /// Its self-test has not passed yet.
    case notProven
    /// It is confirmed, or is being confirmed.
    case confirmedAlready

    package var code: String {
        switch self {
        case .nothingRuns: "no-update"
        case .notOnTrial: "not-on-trial"
        case .notProven: "not-proven"
        case .confirmedAlready: "confirmed-already"
        }
    }

    package var explanation: String {
        switch self {
        case .nothingRuns: "no update of this device is under way"
        case .notOnTrial: "the new image is not on trial; see `corhub firmware status`"
        case .notProven: "the new image has not passed its self-test yet; it is confirmed only after that"
        case .confirmedAlready:
            "the new image is confirmed; the one before is installed by `corhub firmware install --allow-downgrade`"
        }
    }
}

extension FirmwareUpdate {
    /// - Returns: what follows, performed as effects of an event are.
    package mutating func request(
        _ request: FirmwareRequest, at now: TimeBlock, under conditions: FirmwareConditions
    ) throws(FirmwareRequestRefusal) -> [Effect] {
        let moment = Moment(now: now, conditions: conditions)
        guard let phase = record?.phase else { throw .nothingRuns }
        switch (request, phase) {
        case (.cancel, .offered), (.cancel, .downloading), (.cancel, .waiting), (.cancel, .uploading):
            return finish(.cancelled, "asked-by-user", moment)
        case (.cancel, .marking), (.cancel, .rebooting), (.cancel, .proving), (.rollback, .marking),
            (.rollback, .rebooting), (.rollback, .proving):
            return abandonActivity() + revert("asked-by-user", as: .cancelled, moment)
        case (.cancel, .reverting), (.rollback, .reverting):
            return []  // It is under way.
        case (.confirm, .proving):
            guard provenAt != nil else { throw .notProven }
            return abandonActivity() + enter(.confirming, moment)
        case (.confirm, .confirming):
            return []
        case (.resume, .failedTransiently):
            return retry(moment)
        case (.resume, _) where !phase.isEnd:
            return resume(moment)
        case (.cancel, .confirming), (.rollback, .confirming), (.rollback, .confirmed), (.cancel, .confirmed),
            (.confirm, .confirmed):
            throw .confirmedAlready
        case (.rollback, _) where !phase.isEnd, (.confirm, _) where !phase.isEnd:
            throw .notOnTrial
        case (.cancel, _), (.confirm, _), (.rollback, _), (.resume, _):
            throw .nothingRuns
        }
    }

    private mutating func resume(_ moment: Moment) -> [Effect] {
        var effects: [Effect] = []
        if record?.offer.consent == .asked, record?.hasConsent == false {
            record?.hasConsent = true
            effects.append(keep(moment))
        }
        guard case .resting = activity else { return effects }
        return effects + proceed(moment)
    }

    private mutating func retry(_ moment: Moment) -> [Effect] {
        guard let record else { return [] }
        var next = FirmwareRecord(
            serial: serial, offer: record.offer, metadataVersion: record.metadataVersion, entered: moment.now,
            refused: record.refused)
        next.hasConsent = true
        self.record = next
        return enter(.offered, moment)
    }
}
