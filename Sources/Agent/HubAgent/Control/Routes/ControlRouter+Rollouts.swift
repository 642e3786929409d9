import CORProtocol
import FirmwareRollout
import HubCore
import JSONCoding
import MCUbootImage
import UpstreamClient

// What the repository offers, and what its rollouts mean for the devices here: docs/firmware.md.
extension ControlRouter {
    /// Releases, and how fresh the metadata are that name them.
    func releases() -> JSONValue {
        let content = context.rollouts.current
        let models = Set(content.plan?.models.keys.map { $0 } ?? []).union(content.plan?.faults.keys.map { $0 } ?? [])
        return .object(
            [JSONMember(name: "schema", value: "corhub/releases/1")] + freshness(content) + [
                JSONMember(
                    name: "models",
                    value: .array(
                        models.sorted().map { name in
                            [
                                "model": .string(name), "fault": .text(content.plan?.faults[name]),
                                "rollout_count": .count(content.plan?.models[name]?.rollouts.count ?? 0),
                                "releases": .array(
                                    Self.releaseList(
                                        content.plan?.models[name], content.assessments.map(\.device))),
                            ]
                        }))
            ])
    }

    /// Has the metadata read at a person's wish, and notes whose it was. The answer is how things were before.
    func checkReleases(_ request: ControlRequest) async throws(ControlRefusal) -> JSONValue {
        guard context.configuration.firmwareRepository != nil else {
            throw ControlRefusal(.conflict("repository-missing", "\(RolloutReason.repositoryMissing)"))
        }
        do throws(AgentFault) {
            try await context.services.records.append(
                AuditDraft(
                    .firmware, actor: AuditActor(component: "control", userID: request.user.map(UInt64.init)),
                    subject: "metadata", outcome: .accepted, time: context.services.clock.now(),
                    detail: "a check was asked for"))
        } catch {
            throw ControlRefusal(.storage(error.description))
        }
        let before = releases()
        context.checkFirmware()
        return before
    }

    /// For each device: its place in each rollout, why it is in or out, and what it waits for.
    func rollouts() -> JSONValue {
        let content = context.rollouts.current
        return .object(
            [JSONMember(name: "schema", value: "corhub/rollouts/1")] + freshness(content) + [
                JSONMember(name: "devices", value: .array(content.assessments.map(\.json)))
            ])
    }

    private func freshness(_ content: RolloutBoard.Content) -> [JSONMember] {
        let now = context.services.clock.now()
        let isValid = content.plan.map { now.wallMilliseconds / 1_000 < $0.validUntil } ?? false
        let check: JSONValue =
            content.lastCheck.map { check in
                [
                    "time": check.time.json,
                    "failure": check.failure.map { ["code": .string($0.code), "message": .string($0.message)] }
                        ?? .null,
                ]
            } ?? .null
        return [
            .init(name: "repository", value: .text(context.configuration.firmwareRepository?.text)),
            .init(name: "check_count", value: .count(content.checkCount)), .init(name: "last_check", value: check),
            .init(name: "last_success", value: content.lastSuccess?.json ?? .null),
            .init(name: "metadata_version", value: .count(content.plan?.metadataVersion)),
            .init(name: "valid_until_ms", value: content.plan.map { .integer($0.validUntil * 1_000) } ?? .null),
            .init(name: "valid", value: .bool(isValid)),
        ]
    }

    private static func releaseList(_ model: RolloutPlan.Model?, _ devices: [RolloutDevice]) -> [JSONValue] {
        (model?.releases ?? [:]).sorted { $0.key < $1.key }.map { version, finding in
            switch finding {
            case .release(let release):
                [
                    "version": .string(version.description), "fault": .null, "length": .count(release.length),
                    "sha256": .string(release.fileHash.hex), "image_hash": .string(release.imageHash.hex),
                    "security_counter": .count(release.description.securityCounter),
                    "hardware_revisions": .texts(release.description.hardwareRevisions),
                    "battery_min": .count(release.description.batteryMin),
                    "must_pass_through": .texts(release.description.mustPassThrough.map(\.description)),
                    "refused_by": .texts(
                        devices.filter { $0.refusesCounter(of: release.description) }.map(\.serial.text)),
                ]
            case .unusable(let reason):
                [
                    "version": .string(version.description), "fault": .string(reason), "length": .null, "sha256": .null,
                    "image_hash": .null, "security_counter": .null, "hardware_revisions": [], "battery_min": .null,
                    "must_pass_through": [], "refused_by": [],
                ]
            }
        }
    }
}

extension RolloutAssessment {
    var json: JSONValue {
        [
            "device": .string(device.serial.text), "model": .string(device.model),
            "hardware": .string(device.hardwareRevision), "version": .text(device.version?.description),
            "security_counter": .count(device.demandedCounter.map(Int.init)),
            "obstacles": .array(obstacles.map(\.json)), "decided_by": .text(deciding),
            "offer": offer.map {
                [
                    "rollout": .string($0.rollout.id), "version": .string($0.release.description.version.description),
                    "is_step": .bool($0.isStep),
                ]
            } ?? .null,
            "rollouts": .array(standings.map(\.json)),
        ]
    }
}

extension RolloutAssessment.Standing {
    var json: JSONValue {
        [
            "id": .string(rollout.id), "release": .string(rollout.release.description),
            "state": .string(rollout.state.rawValue), "window": .string(rollout.window.rawValue),
            "consent": .string(rollout.consent.rawValue), "place": .count(cohort.place), "stage": .count(stage),
            "stages": .array(
                zip(rollout.stages, rollout.beginnings).map { stage, beginning in
                    [
                        "threshold": .count(stage.threshold),
                        "begins_ms": beginning.map { .integer($0 * 1_000) } ?? .null,
                    ]
                }),
            "reasons": .array(reasons.map(\.json)),
        ]
    }
}

extension RolloutReason {
    var json: JSONValue {
        [
            "code": .string(code), "message": .string(description),
            "ends_ms": endsAt.map { .integer($0 * 1_000) } ?? .null,
        ]
    }
}
