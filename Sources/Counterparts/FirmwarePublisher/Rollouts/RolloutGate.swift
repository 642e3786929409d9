package import FirmwareRollout

/// Decides by the state reports of hubs whether a rollout goes on: firmware-specs/rollouts.md, section 6.
///
/// Only devices that were tried count. Those that are offline make no failure look smaller.
package struct RolloutGate: Sendable {
    package enum Verdict: Sendable, Hashable {
        case advance(Reason)
        case pause(Reason)
        case hold(Reason)
    }

    package enum Reason: Sendable, Hashable {
        case failedMax(failed: Int, limit: Int)
        case failureRate(failed: Int, attempted: Int, perTenThousand: Int)
        case allOpen
        /// Seconds since 1970; nil: the stage has not begun.
        case soaking(until: Int64?)
        case evidenceGood(attempted: Int, failed: Int)
        case evidenceInsufficient(attempted: Int, wanted: Int)
        case notRunning(Rollout.State)
    }

    /// - Parameter seconds: since 1970.
    package static func verdict(
        on rollout: Rollout, _ evidence: RolloutEvidence, at seconds: Int64
    ) -> Verdict {
        guard rollout.state == .running else { return .hold(.notRunning(rollout.state)) }
        let limit = rollout.failureLimit
        if evidence.failed >= limit.failedMax {
            return .pause(.failedMax(failed: evidence.failed, limit: limit.failedMax))
        }
        let isEnough = evidence.attempted >= limit.attemptedMin
        // Numbers of devices are below 10⁸, so that the products fit.
        if isEnough, evidence.failed * 10_000 > limit.perTenThousand * evidence.attempted {
            return .pause(
                .failureRate(
                    failed: evidence.failed, attempted: evidence.attempted, perTenThousand: limit.perTenThousand))
        }
        let open = rollout.stages.count { $0.opened != nil }
        guard open < rollout.stages.count else { return .hold(.allOpen) }
        if open > 0 {
            guard let beginning = rollout.beginnings[open - 1] else { return .hold(.soaking(until: nil)) }
            let end = beginning + rollout.stages[open - 1].soak
            guard seconds >= end else { return .hold(.soaking(until: end)) }
        }
        guard isEnough else {
            return .hold(.evidenceInsufficient(attempted: evidence.attempted, wanted: limit.attemptedMin))
        }
        return .advance(.evidenceGood(attempted: evidence.attempted, failed: evidence.failed))
    }
}

extension RolloutGate.Reason {
    package var code: String {
        switch self {
        case .failedMax: "failed-max"
        case .failureRate: "failure-rate"
        case .allOpen: "all-open"
        case .soaking: "soaking"
        case .evidenceGood: "evidence-good"
        case .evidenceInsufficient: "evidence-insufficient"
        case .notRunning: "not-running"
        }
    }
}

extension RolloutGate.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .failedMax(let failed, let limit): "\(failed) devices failed, and \(limit) are too many"
        case .failureRate(let failed, let attempted, let limit):
            "\(failed) of \(attempted) attempted devices failed, more than \(limit) of 10000"
        case .allOpen: "all stages are open"
        case .soaking: "the newest stage has not soaked yet"
        case .evidenceGood(let attempted, let failed): "\(attempted) devices were attempted, \(failed) failed"
        case .evidenceInsufficient(let attempted, let wanted):
            "\(attempted) devices were attempted, and \(wanted) have to be"
        case .notRunning(let state): "the rollout is \(state.rawValue)"
        }
    }
}
