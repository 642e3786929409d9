package import JSONCoding
package import MCUbootImage
import TUFMetadata

/// A signed instruction: which release, to which part of all devices, from when, under which policy.
///
/// firmware-specs/rollouts.md, section 3.
package struct Rollout: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        case running
        case paused
        case aborted
    }

    /// When a device may be updated within what the household allows.
    package enum Window: String, Sendable, Hashable, CaseIterable {
        /// In the hub's maintenance window only.
        case maintenance
        case any
    }

    package enum Consent: String, Sendable, Hashable, CaseIterable {
        case automatic
        /// A person has to agree first.
        case ask
    }

    package struct Stage: Sendable, Hashable {
        /// Devices whose cohort is below it are in; of 10,000.
        package var threshold: Int
        /// Seconds since 1970.
        package var earliest: Int64
        /// Seconds for which the next stage waits once this one has begun.
        package var soak: Int64
        /// When the publisher opened it, seconds since 1970; nil: not yet.
        package var opened: Int64?

        package init(threshold: Int, earliest: Int64, soak: Int64, opened: Int64? = nil) {
            self.threshold = threshold
            self.earliest = earliest
            self.soak = soak
            self.opened = opened
        }
    }

    /// Where failures end a rollout: by the part of *attempted* devices once there are enough, and by their number.
    package struct FailureLimit: Sendable, Hashable {
        /// Failures of 10,000 attempted devices.
        package var perTenThousand: Int
        /// Attempted devices that have ended, below which a part says nothing.
        package var attemptedMin: Int
        package var failedMax: Int

        package init(perTenThousand: Int, attemptedMin: Int, failedMax: Int) {
            self.perTenThousand = perTenThousand
            self.attemptedMin = attemptedMin
            self.failedMax = failedMax
        }
    }

    package static let stageCountMax = 16
    package static let soakMax: Int64 = 7_776_000
    package static let deviceCountMax: Int64 = 100_000_000

    package var id: String
    package var release: ImageVersion
    package var state: State
    package var stages: [Stage]
    package var window: Window
    package var consent: Consent
    /// An older version than the device's may be installed; the security counter holds nevertheless.
    package var allowsDowngrade: Bool
    package var failureLimit: FailureLimit
    /// Seconds since 1970.
    package var expires: Int64

    package init(
        id: String, release: ImageVersion, state: State = .running, stages: [Stage], window: Window = .maintenance,
        consent: Consent = .automatic, allowsDowngrade: Bool = false, failureLimit: FailureLimit, expires: Int64
    ) {
        self.id = id
        self.release = release
        self.state = state
        self.stages = stages
        self.window = window
        self.consent = consent
        self.allowsDowngrade = allowsDowngrade
        self.failureLimit = failureLimit
        self.expires = expires
    }

    init(_ value: JSONValue, path: String) throws(DocumentFault) {
        var members = try DocumentMembers(value, path: path)
        id = try members.text("id", expected: "1 to 64 of a-z, 0-9 and -", FirmwareNames.isRollout)
        release = try members.version("release")
        state = try Self.word("state", &members)
        window = try Self.word("window", &members)
        consent = try Self.word("consent", &members)
        allowsDowngrade = try members.flag("downgrade")
        expires = try members.time("expires")
        stages = try members.list("stages", count: 1...Self.stageCountMax) {
            (value, name) throws(DocumentFault) in try Self.stage(value, name)
        }
        var limit = try DocumentMembers(try members.take("failure_limit"), path: members.name(of: "failure_limit"))
        failureLimit = FailureLimit(
            perTenThousand: Int(try limit.integer("per_10000", in: 0...10_000)),
            attemptedMin: Int(try limit.integer("attempted_min", in: 1...Self.deviceCountMax)),
            failedMax: Int(try limit.integer("failed_max", in: 1...Self.deviceCountMax)))
        try limit.finish()
        try members.finish()
        try checkStages(path)
    }

    private func checkStages(_ path: String) throws(DocumentFault) {
        for (one, next) in zip(stages, stages.dropFirst()) {
            guard one.threshold < next.threshold else {
                throw .contradiction(reason: "\(path).stages: thresholds do not rise")
            }
            guard one.earliest <= next.earliest else {
                throw .contradiction(reason: "\(path).stages: a stage may begin before the one that it follows")
            }
            guard one.opened != nil || next.opened == nil else {
                throw .contradiction(reason: "\(path).stages: a stage is open before the one that it follows")
            }
        }
    }

    private static func stage(_ value: JSONValue, _ name: String) throws(DocumentFault) -> Stage {
        var members = try DocumentMembers(value, path: name)
        var stage = Stage(
            threshold: Int(try members.integer("threshold", in: 1...Int64(Cohort.count))),
            earliest: try members.time("earliest"), soak: try members.integer("soak_s", in: 0...soakMax))
        if let opened = members.takeIfPresent("opened") {
            stage.opened = try DocumentMembers.time(opened, name: members.name(of: "opened"))
        }
        try members.finish()
        return stage
    }

    private static func word<Word: RawRepresentable & CaseIterable>(
        _ name: String, _ members: inout DocumentMembers
    ) throws(DocumentFault) -> Word where Word.RawValue == String {
        guard let word = try members.take(name).stringValue.flatMap({ Word(rawValue: $0) }) else {
            throw .valueWrong(
                member: members.name(of: name),
                expected: "one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }

    package var json: JSONValue {
        [
            "id": .string(id), "release": .string(release.description), "state": .string(state.rawValue),
            "window": .string(window.rawValue), "consent": .string(consent.rawValue),
            "downgrade": .bool(allowsDowngrade), "expires": .string(MetadataTime.text(expires)),
            "stages": .array(stages.map(\.json)),
            "failure_limit": [
                "per_10000": .integer(Int64(failureLimit.perTenThousand)),
                "attempted_min": .integer(Int64(failureLimit.attemptedMin)),
                "failed_max": .integer(Int64(failureLimit.failedMax)),
            ],
        ]
    }
}

extension Rollout {
    /// When each stage begins, in seconds since 1970; nil for those that are not open yet.
    ///
    /// Not before it was opened, nor before its earliest time, nor before the one that it follows has soaked: a publisher that opens a
    /// stage too early is held back by every hub.
    package var beginnings: [Int64?] {
        var beginnings: [Int64?] = []
        var soaked: Int64 = 0
        for stage in stages {
            let beginning = stage.opened.map { max($0, stage.earliest, soaked) }
            beginnings.append(beginning)
            if let beginning { soaked = beginning + stage.soak }
        }
        return beginnings
    }
}

extension Rollout.Stage {
    var json: JSONValue {
        var members = [
            JSONMember(name: "threshold", value: .integer(Int64(threshold))),
            JSONMember(name: "earliest", value: .string(MetadataTime.text(earliest))),
            JSONMember(name: "soak_s", value: .integer(soak)),
        ]
        if let opened { members.append(JSONMember(name: "opened", value: .string(MetadataTime.text(opened)))) }
        return .object(members)
    }
}
