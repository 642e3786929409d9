import CORProtocol
import FirmwarePublisher
import FirmwareRollout
import JSONCoding
import MCUbootImage
import UpstreamServer

/// One look at the rollouts of a model, by what their devices have signed.
struct RolloutRound {
    let model: String
    let registry: DeviceRegistry
    let output: CommandOutput

    /// - Parameter publisher: of this moment.
    func evidence(on rollout: Rollout, _ publisher: FirmwarePublisher) async throws -> RolloutEvidence {
        let groups = try await registry.reportGroups(of: rollout.id)
        var images: [ImageVersion: SHA256Hash] = [:]
        for version in Set(groups.map(\.version)) {
            images[version] = try publisher.imageHash(of: version, of: model)
        }
        return RolloutEvidence(
            groups, uncounted: try await registry.uncountedReports(of: rollout.id), images: images)
    }

    /// - Parameter acts: the gate has done what it says.
    func tell(_ rollout: Rollout, _ evidence: RolloutEvidence, _ verdict: RolloutGate.Verdict, acts: Bool) {
        let (word, done, reason) =
            switch verdict {
            case .advance(let reason): ("advance", "advanced", reason)
            case .pause(let reason): ("pause", "paused", reason)
            case .hold(let reason): ("hold", "held", reason)
            }
        let open = rollout.stages.count { $0.opened != nil }
        let uncounted = evidence.uncounted.sorted { $0.key < $1.key }
        let why = uncounted.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let notCounted = uncounted.isEmpty ? "" : ", \(evidence.uncountedCount) not counted (\(why))"
        output.write(
            [
                "rollout": .string(rollout.id), "release": .string(rollout.release.description),
                "state": .string(rollout.state.rawValue), "open_stages": .integer(Int64(open)),
                "stages": .integer(Int64(rollout.stages.count)), "attempted": .integer(Int64(evidence.attempted)),
                "failed": .integer(Int64(evidence.failed)),
                "not_counted": .object(uncounted.map { .init(name: $0.key, value: .integer(Int64($0.value))) }),
                "gate": .string(word), "acted": .bool(acts && word != "hold"), "reason": .string(reason.code),
                "message": .string("\(reason)"),
            ],
            text: "\(rollout.id)  \(rollout.release)  \(rollout.state.rawValue), stage \(open) of "
                + "\(rollout.stages.count); \(evidence.attempted) attempted, \(evidence.failed) failed\(notCounted); "
                + "\(acts ? done : word): \(reason)")
    }
}
