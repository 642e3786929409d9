import CORProtocol
import FirmwareRollout
import HubCore
import MCUbootImage

/// Rollouts of three releases: 1.0 runs, 1.1 has to be passed through, 1.2 is the goal.
enum RolloutSample {
    static let model = "COR One"
    static let serial = "COR1-000042"
    static let now: Int64 = 1_900_000_000

    static func version(_ minor: UInt8) -> ImageVersion { ImageVersion(major: 1, minor: minor, revision: 0) }

    static func release(
        _ minor: UInt8, counter: UInt32 = 1, from: [ReleaseDescription.VersionRange] = [], through: [UInt8] = [],
        hardware: [String] = ["V1"]
    ) -> Release {
        Release(
            description: ReleaseDescription(
                model: model, hardwareRevisions: hardware, version: version(minor), securityCounter: counter,
                fromVersions: from, batteryMin: 40, mustPassThrough: through.map { version($0) }),
            imageHash: .of([minor]), fileHash: .of([minor, minor]), length: 1_000, location: "there/\(minor)")
    }

    static func rollout(
        _ id: String, of minor: UInt8, state: Rollout.State = .running, threshold: Int = 10_000,
        opened: Int64? = now - 100, downgrade: Bool = false, expires: Int64 = now + 1_000
    ) -> Rollout {
        Rollout(
            id: id, release: version(minor), state: state,
            stages: [.init(threshold: threshold, earliest: now - 200, soak: 0, opened: opened)],
            allowsDowngrade: downgrade, failureLimit: .init(perTenThousand: 200, attemptedMin: 20, failedMax: 50),
            expires: expires)
    }

    static func plan(
        _ rollouts: [Rollout], _ releases: [Release] = [release(1), release(2, through: [1])],
        validUntil: Int64 = now + 500, metadataVersion: UInt64 = 7
    ) -> RolloutPlan {
        RolloutPlan(
            validUntil: validUntil, metadataVersion: metadataVersion,
            models: [
                model: .init(
                    rollouts: rollouts,
                    releases: Dictionary(
                        uniqueKeysWithValues: releases.map { ($0.description.version, .release($0)) }))
            ])
    }

    static func device(
        _ minor: UInt8? = 0, hardware: String = "V1", counter: SecurityCounters.Standing = .unknown
    ) -> RolloutDevice {
        guard let serial = DeviceSerial(serial) else { preconditionFailure("a serial number") }
        return RolloutDevice(
            serial: serial, model: model, hardwareRevision: hardware, version: minor.map { version($0) },
            securityCounter: counter)
    }

    static func assess(
        _ device: RolloutDevice, _ plan: RolloutPlan?, at seconds: Int64 = now, isClockTrusted: Bool = true
    ) -> RolloutAssessment {
        RolloutAssessment(of: device, by: plan, at: seconds, isClockTrusted: isClockTrusted)
    }

    static func assess(
        _ plan: RolloutPlan?, at seconds: Int64 = now, isClockTrusted: Bool = true
    ) -> RolloutAssessment {
        assess(device(), plan, at: seconds, isClockTrusted: isClockTrusted)
    }
}
