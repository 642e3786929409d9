import CORProtocol
import MCUbootImage
import SMPProtocol

// What each phase does next, and what follows from what the device is found to hold.
extension FirmwareUpdate {
    /// Goes on with the present phase from nothing: after an entry, a pause, a restart of the hub, a return of the device.
    mutating func proceed(_ moment: Moment) -> [Effect] {
        guard let record else { return [] }
        if isKeepingRefused {
            // What could not be kept is kept first.
            isKeepingRefused = false
            guard let end = record.phase.end else { return [keep(moment)] + proceed(moment) }
            return [keep(moment), .tell([]), report(record.offer, end, record.reason, moment)]
        }
        if let deadline = policy.deadline(of: record.phase), elapsed(since: record.entered, moment) > deadline {
            return finish(.failedTransiently, "too-long-\(record.phase.code)", moment)
        }
        switch record.phase {
        case .offered:
            activity = .judging
            return [.judge(record.offer)]
        case .downloading:
            activity = .fetching
            return [.tell([]), .fetch(record.offer.target)]
        case .waiting:
            guard let presence else { return awaitDevice() }
            let reasons = moment.conditions.reasonsBeforeBegin(record, presence.status, policy)
            return reasons.isEmpty ? perform(.inspect) : rest(policy.lookInterval, waitingFor: reasons)
        case .uploading, .marking, .rebooting, .proving, .confirming, .reverting:
            guard presence != nil else { return awaitDevice() }
            return perform(.inspect)
        case .confirmed, .reverted, .failedTransiently, .failedPermanently, .cancelled:
            return []
        }
    }

    mutating func stepped(_ result: FirmwareStepResult, _ moment: Moment) -> [Effect] {
        guard let record else { return [] }
        switch (record.phase, result) {
        case (_, .inspected(let found)):
            return inspected(found, record, moment)
        case (.uploading, .uploaded):
            return enter(.marking, moment)
        case (.marking, .marked), (.confirming, .confirmed):
            return perform(.inspect)  // What was answered is not what counts.
        case (.rebooting, .restarting), (.reverting, .restarting):
            // The session ends with the restart; the device is looked at when it is back.
            presence = nil
            return awaitDevice()
        case (.proving, .proven(let proof)):
            guard proof.selfTestPassed else { return revert("self-test-failed", moment) }
            guard proof.recordsRead else { return revert("records-unreadable", moment) }
            provenAt = moment.now.boottimeNanoseconds
            return rest(policy.proofTime, waitingFor: [])
        case (.reverting, .proven):
            return finish(record.endAfterRevert, record.reason, moment)
        default:
            return setBack(.malformed, after: .inspect, moment)
        }
    }

    private mutating func inspected(
        _ found: FirmwareInspection, _ record: FirmwareRecord, _ moment: Moment
    ) -> [Effect] {
        let wanted = record.offer.image.hash
        note(found.report)
        switch record.phase {
        case .waiting:
            return inspectedBeforeBegin(found, record, moment)
        case .uploading:
            if found.activeIs(wanted) { return enter(.rebooting, moment) }
            // It may have been sent whole before the answer was lost.
            return found.otherIs(wanted) ? enter(.marking, moment) : perform(.upload)
        case .marking:
            if found.activeIs(wanted) { return enter(.rebooting, moment) }
            guard found.otherIs(wanted) else { return uploadAgain(record, moment) }
            return found.other?.isPending == true
                ? enter(.rebooting, moment) : perform(.mark(imageHash: wanted))
        case .rebooting:
            return inspectedForRestart(found, record, moment)
        case .proving:
            return inspectedOnTrial(found, record, moment)
        case .confirming:
            guard found.activeIs(wanted) else { return finish(.reverted, "fell-back", moment) }
            return found.active?.isConfirmed == true
                ? finish(.confirmed, "", moment) : perform(.confirm)
        case .reverting:
            return inspectedForRevert(found, record, moment)
        case .offered, .downloading, .confirmed, .reverted, .failedTransiently, .failedPermanently, .cancelled:
            return []
        }
    }

    /// A report that does not verify leaves none: what a hub tells upstream is what the device has just signed.
    private mutating func note(_ finding: StateReportCheck.Finding) {
        reportFinding = finding
        if case .verified(_, let evidence) = finding {
            record?.stateReport = evidence
        } else {
            record?.stateReport = nil
        }
    }

    /// Whether the image is one for this device is only known now: what runs there is what it says.
    private mutating func inspectedBeforeBegin(
        _ found: FirmwareInspection, _ record: FirmwareRecord, _ moment: Moment
    ) -> [Effect] {
        guard let active = found.active, let hash = active.hash.flatMap({ SHA256Hash(bytes: $0) }),
            let running = ImageVersion(active.version)
        else { return finish(.failedTransiently, "device-images-unreadable", moment) }
        if hash == record.offer.image.hash, active.isConfirmed {
            return finish(.confirmed, "installed-already", moment)
        }
        // An image on trial is somebody else's matter; the next restart ends it.
        guard active.isConfirmed else {
            return setBack(.refused(code: "another-image-on-trial", isPermanent: false), after: .inspect, moment)
        }
        if let code = record.offer.obstacle(running: running, identity: found.identity) {
            return finish(.failedPermanently, code, moment)
        }
        if case .verified(let state, _) = found.report, let code = record.offer.obstacle(of: state) {
            return finish(.failedPermanently, code, moment)
        }
        self.record?.previousHash = hash
        self.record?.uploadCount = 1
        return enter(.uploading, moment)
    }

    private mutating func uploadAgain(_ record: FirmwareRecord, _ moment: Moment) -> [Effect] {
        guard record.uploadCount < policy.uploadCountMax else {
            return finish(.failedPermanently, "image-not-kept-by-device", moment)
        }
        self.record?.uploadCount += 1
        return enter(.uploading, moment)
    }

    private mutating func inspectedForRestart(
        _ found: FirmwareInspection, _ record: FirmwareRecord, _ moment: Moment
    ) -> [Effect] {
        let wanted = record.offer.image.hash
        if found.activeIs(wanted) {
            self.record?.bootCounter = found.identity?.bootCounter
            return enter(.proving, moment)
        }
        guard found.otherIs(wanted) else {
            // Marked, and gone from its slot: the boot loader looked at it and erased it.
            return finish(.failedPermanently, "refused-by-boot-loader", moment)
        }
        // Tried, and fallen back before anybody could look.
        guard found.other?.isPending == true else { return finish(.reverted, "did-not-stay-up", moment) }
        return restart(record, moment)
    }

    private mutating func restart(_ record: FirmwareRecord, _ moment: Moment) -> [Effect] {
        let reasons = moment.conditions.reasonsBeforeRestart(record, presence?.status, policy)
        guard reasons.isEmpty else { return rest(policy.lookInterval, waitingFor: reasons) }
        return perform(.restart)
    }

    private mutating func inspectedOnTrial(
        _ found: FirmwareInspection, _ record: FirmwareRecord, _ moment: Moment
    ) -> [Effect] {
        guard found.activeIs(record.offer.image.hash) else { return finish(.reverted, "did-not-stay-up", moment) }
        if found.active?.isConfirmed == true { return finish(.confirmed, "confirmed-on-the-device", moment) }
        if let before = record.bootCounter, let identity = found.identity, identity.bootCounter != before {
            // A boot loader that lets an unconfirmed image run twice does not keep its word.
            return revert("restarted-on-trial", moment)
        }
        guard let provenAt else { return perform(.prove) }
        let up = Duration.nanoseconds(
            Int64(clamping: moment.now.boottimeNanoseconds - min(provenAt, moment.now.boottimeNanoseconds)))
        guard up >= policy.proofTime else { return rest(policy.proofTime - up, waitingFor: []) }
        return enter(.confirming, moment)
    }

    private mutating func inspectedForRevert(
        _ found: FirmwareInspection, _ record: FirmwareRecord, _ moment: Moment
    ) -> [Effect] {
        let wanted = record.offer.image.hash
        if found.activeIs(wanted) {
            guard found.active?.isConfirmed == false else {
                return finish(.failedPermanently, "cannot-be-reverted", moment)
            }
            return restart(record, moment)
        }
        // A mark that was set is not taken back: the image has its trial, and falls back behind it.
        if found.otherIs(wanted), found.other?.isPending == true { return restart(record, moment) }
        // The device says, signed, that it runs the image before.
        return perform(.prove)
    }

    mutating func revert(_ reason: String, as end: FirmwareOutcome.End = .reverted, _ moment: Moment) -> [Effect] {
        record?.endAfterRevert = end
        return enter(.reverting, reason: reason, moment)
    }

    /// A step came to nothing.
    mutating func setBack(
        _ failure: FirmwareStepFailure, after action: FirmwareAction, _ moment: Moment
    ) -> [Effect] {
        guard let phase = record?.phase else { return [] }
        switch (failure, phase) {
        case (.fileRefused(let code), .uploading):
            return finish(.failedPermanently, code, moment)
        case (.fileMissing, .uploading):
            return enter(.offered, moment)
        case (.refused(let code, isPermanent: true), .uploading):
            return finish(.failedPermanently, code, moment)
        case (_, .reverting) where action == .prove:
            return finish(record?.endAfterRevert ?? .reverted, record?.reason ?? "", moment)
        case (.busy, _):
            return rest(policy.lookInterval, waitingFor: [.measurementRunning])
        case (.unanswered, _), (.refused, _), (.malformed, _), (.fileRefused, _), (.fileMissing, _):
            setbackCount += 1
            guard setbackCount > policy.setbackCountMax else { return rest(policy.setbackPause, waitingFor: []) }
            return giveUp(phase, failure.code, moment)
        }
    }

    private mutating func giveUp(_ phase: FirmwarePhase, _ code: String, _ moment: Moment) -> [Effect] {
        switch phase {
        case .offered, .downloading, .waiting, .uploading:
            finish(.failedTransiently, code, moment)
        case .marking, .rebooting, .proving, .confirming:
            revert(code, moment)
        case .reverting:
            finish(.failedPermanently, code, moment)
        case .confirmed, .reverted, .failedTransiently, .failedPermanently, .cancelled:
            []
        }
    }

    private func elapsed(since entered: TimeBlock, _ moment: Moment) -> Duration {
        guard entered.bootID == moment.now.bootID, moment.now.boottimeNanoseconds > entered.boottimeNanoseconds else {
            return .zero
        }
        return .nanoseconds(Int64(clamping: moment.now.boottimeNanoseconds - entered.boottimeNanoseconds))
    }
}

extension FirmwareOffer {
    /// Why the image is not one for a device that runs this; nil where it is.
    func obstacle(running: ImageVersion, identity: IdentityResponse?) -> String? {
        if !allowsDowngrade, image.version < running { return "downgrade" }
        if !requirements.fromVersions.isEmpty, !requirements.fromVersions.contains(where: { $0.contains(running) }) {
            return "not-for-this-version"
        }
        if let model = requirements.model, identity?.model != model { return "not-for-this-model" }
        if !requirements.hardwareRevisions.isEmpty,
            !(identity.map { requirements.hardwareRevisions.contains($0.hardwareRevision) } ?? false)
        {
            return "not-for-this-hardware"
        }
        return nil
    }

    /// Why the boot loader would erase the image, or not even take it, by what the device signed; nil where it would not.
    func obstacle(of state: DeviceState) -> String? {
        if image.securityCounter ?? 0 < state.securityCounter {
            return image.securityCounter == nil ? "security-counter-missing" : "security-counter-too-low"
        }
        return target.length > Int(state.imageLengthMax) ? "slot-too-small" : nil
    }
}
