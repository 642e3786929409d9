import CORProtocol
import FirmwarePublisher
import FirmwareRollout
import HubCore
import JSONCoding
import MCUbootImage

/// The publisher's side: one list of rollouts, what hubs have reported, and the gate.
struct FleetPublisher {
    /// That 5 % of devices that fail with anything look like 15 % of the first 100 happens in one fleet of ten thousand.
    static let limit = Rollout.FailureLimit(perTenThousand: 1_500, attemptedMin: 100, failedMax: 400)
    private static let validity: Int64 = 7 * 86_400

    private let brokenRule: FleetSetup.BrokenRule?
    private let fleetCount: Int
    private var list = RolloutList(model: FleetImage.model, rollouts: [])
    private var releases: [ImageVersion: RolloutPlan.Finding] = [:]
    private var version: UInt64 = 1
    private var attempted: [String: Set<DeviceSerial>] = [:]
    private var failed: [String: Set<DeviceSerial>] = [:]
    private(set) var news: [String] = []

    init(_ setup: FleetSetup) {
        brokenRule = setup.brokenRule
        fleetCount = setup.hubCount * setup.deviceCountPerHub
    }

    func state(of id: String) -> Rollout.State? { list.rollouts.first { $0.id == id }?.state }

    /// - Parameter now: seconds since 1970.
    mutating func begin(_ id: String, _ image: FleetImage, at now: Int64) {
        releases[image.release.description.version] = .release(image.release)
        for index in list.rollouts.indices where list.rollouts[index].state == .paused {
            list.rollouts[index].state = .aborted
        }
        let stages = [(800, 86_400), (2_500, 86_400), (10_000, 0)].map { threshold, soak in
            Rollout.Stage(threshold: threshold, earliest: now, soak: Int64(soak))
        }
        var rollout = Rollout(
            id: id, release: image.release.description.version, stages: stages, window: .any,
            failureLimit: Self.limit, expires: now + 90 * 86_400)
        rollout.stages[0].opened = now
        list.rollouts.insert(rollout, at: 0)
        version += 1
    }

    /// What a hub reads now: the document goes through its bytes.
    func plan(at now: Int64) throws(DocumentFault) -> RolloutPlan {
        let read = try RolloutList(decoding: Array(list.json.serialized().utf8))
        return RolloutPlan(
            validUntil: now + Self.validity, metadataVersion: version,
            models: [read.model: .init(rollouts: read.rollouts, releases: releases)])
    }

    mutating func take(_ event: FirmwareEvent) {
        guard let report = StateReport(event), report.end.isAttempt else { return }
        attempted[report.rollout, default: []].insert(event.serial)
        if report.end.isFailure { failed[report.rollout, default: []].insert(event.serial) }
    }

    func evidence(of id: String) -> RolloutEvidence {
        RolloutEvidence(attempted: attempted[id]?.count ?? 0, failed: failed[id]?.count ?? 0)
    }

    /// The gate looks at everything that runs.
    mutating func look(at now: Int64, day: Double) throws(PublisherFault) {
        for index in list.rollouts.indices {
            let rollout = list.rollouts[index]
            var evidence = evidence(of: rollout.id)
            switch brokenRule {
            case .dividesByAll?: evidence.attempted = fleetCount
            case .opensAnyway?: evidence.failed = 0
            case .marksForGood?, nil: break
            }
            switch RolloutGate.verdict(on: rollout, evidence, at: now) {
            case .advance(let reason):
                try list.rollouts[index].openNextStage(at: now)
                tell(day, "\(rollout.id): the next stage is opened: \(reason)")
            case .pause(let reason):
                list.rollouts[index].state = .paused
                tell(day, "\(rollout.id): paused: \(reason)")
            case .hold: continue
            }
            version += 1
        }
    }

    private mutating func tell(_ day: Double, _ text: String) {
        news.append("day \((day * 10).rounded() / 10)  \(text)")
    }
}
