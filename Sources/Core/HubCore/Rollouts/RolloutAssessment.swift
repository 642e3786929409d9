import CORProtocol
package import FirmwareRollout
import MCUbootImage

/// What the rollouts mean for one device at one moment: an offer, or why there is none.
///
/// firmware-specs/rollouts.md, section 5. Everything is evaluated on the hub, from what it has.
package struct RolloutAssessment: Sendable, Hashable {
    /// One rollout, as this device stands in it.
    package struct Standing: Sendable, Hashable {
        package var rollout: Rollout
        package var cohort: Cohort
        /// The device's, from 0; nil where no stage goes up to its place.
        package var stage: Int?
        /// Empty where the rollout offers something.
        package var reasons: [RolloutReason]
    }

    /// A release to install now.
    package struct Offer: Sendable, Hashable {
        package var rollout: Rollout
        package var release: Release
        /// It is a step on the way to the rollout's release.
        package var isStep: Bool
    }

    package let device: RolloutDevice
    /// Why no rollout counts at all.
    package private(set) var obstacles: [RolloutReason] = []
    package private(set) var standings: [Standing] = []
    package private(set) var offer: Offer?
    /// The rollout that decides for the device.
    package private(set) var deciding: String?

    /// - Parameters:
    ///   - plan: nil where no metadata have been read.
    ///   - seconds: since 1970.
    package init(of device: RolloutDevice, by plan: RolloutPlan?, at seconds: Int64, isClockTrusted: Bool) {
        self.device = device
        guard let plan else {
            obstacles = [.metadataMissing]
            return
        }
        if !isClockTrusted { obstacles.append(.clockUntrusted) }
        if seconds >= plan.validUntil { obstacles.append(.metadataExpired(at: plan.validUntil)) }
        if let fault = plan.faults[device.model] { obstacles.append(.documentRefused(fault)) }
        guard let model = plan.models[device.model], !model.rollouts.isEmpty else {
            if plan.faults[device.model] == nil { obstacles.append(.noRollouts) }
            return
        }
        for rollout in model.rollouts { look(at: rollout, model, seconds) }
    }

    private mutating func look(at rollout: Rollout, _ model: RolloutPlan.Model, _ seconds: Int64) {
        let cohort = Cohort(of: device.serial, in: rollout.id)
        var standing = Standing(rollout: rollout, cohort: cohort, stage: nil, reasons: [])
        standing.stage = rollout.stages.firstIndex { cohort.isWithin($0.threshold) }
        standing.reasons = unreached(rollout, standing, model, seconds)
        if standing.reasons.isEmpty {
            if let deciding {
                standing.reasons = [.anotherDecides(deciding)]
            } else {
                deciding = rollout.id
                decide(by: rollout, model, &standing.reasons)
                if !obstacles.isEmpty {
                    offer = nil
                    standing.reasons = obstacles
                }
            }
        }
        standings.append(standing)
    }

    /// Why the rollout does not reach the device; empty: it does.
    private func unreached(
        _ rollout: Rollout, _ standing: Standing, _ model: RolloutPlan.Model, _ seconds: Int64
    ) -> [RolloutReason] {
        var reasons: [RolloutReason] = []
        switch rollout.state {
        case .running: break
        case .paused: reasons.append(.paused)
        case .aborted: reasons.append(.aborted)
        }
        if seconds >= rollout.expires { reasons.append(.rolloutExpired(at: rollout.expires)) }
        if rollout.state != .aborted {
            switch model.releases[rollout.release] {
            case nil: reasons.append(.releaseMissing(rollout.release))
            case .unusable(let reason)?: reasons.append(.releaseUnusable(rollout.release, reason))
            case .release(let release)?:
                if !release.description.hardwareRevisions.contains(device.hardwareRevision) {
                    reasons.append(.hardwareUnsupported)
                }
            }
        }
        if let stage = standing.stage {
            switch rollout.beginnings[stage] {
            case nil: reasons.append(.stageClosed(stage))
            case let time? where seconds < time: reasons.append(.stageBegins(stage, at: time))
            default: break
            }
        } else {
            reasons.append(
                .outsideCohort(place: standing.cohort.place, threshold: rollout.stages.last?.threshold ?? 0))
        }
        return reasons
    }

    private mutating func decide(by rollout: Rollout, _ model: RolloutPlan.Model, _ reasons: inout [RolloutReason]) {
        guard case .release(let goal)? = model.releases[rollout.release] else { return }
        guard let running = device.version else {
            reasons = [.versionUnknown]
            return
        }
        guard running != rollout.release else {
            reasons = [.upToDate]
            return
        }
        if running > rollout.release, !rollout.allowsDowngrade {
            reasons.append(.downgradeNotAllowed(running: running))
        }
        // A device only goes down in one step: steps are for what the older version cannot yet do.
        let next = running < rollout.release ? goal.description.mustPassThrough.first { $0 > running } : nil
        let step: Release
        switch next.map({ model.releases[$0] }) {
        case nil: step = goal
        case .some(.release(let release)?): step = release
        case .some(.unusable(let reason)?):
            reasons.append(.releaseUnusable(next ?? rollout.release, reason))
            return
        case .some(nil):
            reasons.append(.stepMissing(next ?? rollout.release))
            return
        }
        reasons += refusals(of: step, over: running)
        if reasons.isEmpty, device.securityCounter == .unread { reasons = [.securityCounterUnread] }
        if reasons.isEmpty { offer = Offer(rollout: rollout, release: step, isStep: next != nil) }
    }

    private func refusals(of step: Release, over running: ImageVersion) -> [RolloutReason] {
        var reasons: [RolloutReason] = []
        let description = step.description
        if device.refusesCounter(of: description), let counter = device.demandedCounter {
            reasons.append(.securityCounterTooLow(description.securityCounter, device: counter))
        }
        if !description.hardwareRevisions.contains(device.hardwareRevision) { reasons.append(.hardwareUnsupported) }
        if !description.fromVersions.isEmpty, !description.fromVersions.contains(where: { $0.contains(running) }) {
            reasons.append(.fromVersionUnsupported(description.version))
        }
        return reasons
    }
}

extension RolloutAssessment {
    /// Seconds until a clock that is not trusted is looked at again: no news tells of a receipt that confirms it.
    private static let clockLookInterval: Int64 = 10

    /// When what was found changes by itself, in seconds since 1970; nil: not by time.
    package static func changesAt(
        _ assessments: [RolloutAssessment], by plan: RolloutPlan?, after seconds: Int64
    ) -> Int64? {
        var times = assessments.flatMap(\.standings).flatMap(\.reasons).compactMap(\.endsAt)
        times += assessments.flatMap(\.standings).map(\.rollout.expires)
        if let plan { times.append(plan.validUntil) }
        if assessments.contains(where: { $0.obstacles.contains(.clockUntrusted) }) {
            times.append(seconds + clockLookInterval)
        }
        return times.filter { $0 > seconds }.min()
    }
}

extension RolloutAssessment.Offer {
    /// As an update of the device is given it.
    package var firmwareOffer: FirmwareOffer {
        let description = release.description
        return FirmwareOffer(
            target: .init(name: description.path, sha256: release.fileHash, length: release.length),
            image: FirmwareImageFacts(
                version: description.version, securityCounter: description.securityCounter, hash: release.imageHash),
            requirements: FirmwareRequirements(
                model: description.model, hardwareRevisions: description.hardwareRevisions,
                fromVersions: description.fromVersions.map { $0.min...$0.max },
                batteryPercentMin: description.batteryMin, isMustPassThrough: isStep),
            origin: .rollout(id: rollout.id), consent: rollout.consent == .ask ? .asked : .notNeeded,
            window: rollout.window == .any ? .anytime : .maintenance, allowsDowngrade: rollout.allowsDowngrade)
    }
}

extension RolloutAssessment {
    /// Whether the rollout would offer something, once the device has said what its boot loader demands.
    func isHeld(_ rollout: String) -> Bool {
        standings.contains { $0.rollout.id == rollout && $0.reasons == [.securityCounterUnread] }
    }
}
