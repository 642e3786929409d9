import CORProtocol
import JSONCoding

/// The repository's folder as it is published, and its next state on the way there.
///
/// The folder is the only memory: what the timestamp leads to counts, and what an interrupted publication left beside it does not.
struct PublishedRepository {
    /// Seconds for which each role's metadata hold.
    struct Lifetimes {
        var root: Int64 = 365 * 86_400
        var targets: Int64 = 365 * 86_400
        var rollouts: Int64 = 90 * 86_400
        var snapshot: Int64 = 30 * 86_400
        var timestamp: Int64 = 7 * 86_400
    }

    static let rolloutsRole = "rollouts"

    let path: String
    private let lock: RepositoryLock
    private(set) var root: SignedMetadata
    private(set) var targets: SignedMetadata
    private(set) var rollouts: SignedMetadata
    private(set) var snapshot: SignedMetadata
    private(set) var timestamp: SignedMetadata
    private let lifetimes = Lifetimes()

    /// Opens what is published, for one publisher at a time.
    init(opening path: String) throws(PublisherFault) {
        self.path = path
        let root = try Self.newestRoot(path)
        let timestamp = try Self.read("\(path)/metadata/timestamp.json")
        let snapshot = try Self.read(Self.file(path, "snapshot", Self.listed("snapshot", in: timestamp)))
        self.root = root
        self.timestamp = timestamp
        self.snapshot = snapshot
        targets = try Self.read(Self.file(path, "targets", Self.listed("targets", in: snapshot)))
        rollouts = try Self.read(Self.file(path, Self.rolloutsRole, Self.listed(Self.rolloutsRole, in: snapshot)))
        lock = try RepositoryLock(path)
    }

    /// Writes the first state of all roles.
    static func create(
        at path: String, keys: [String: [PublisherKey]], rootThreshold: Int, ring: KeyRing, at now: Int64
    ) throws(PublisherFault) {
        guard try RepositoryFiles.read("\(path)/metadata/timestamp.json") == nil else {
            throw .exists("a repository in \(path)")
        }
        for folder in ["metadata", "targets"] { try RepositoryFiles.makeFolder("\(path)/\(folder)") }
        let lifetimes = Lifetimes()
        func role(_ name: String) -> JSONValue {
            Self.role(keys[name] ?? [], threshold: name == "root" ? rootThreshold : 1)
        }
        let roles = ["root", "targets", "snapshot", "timestamp"]
        let root = SignedMetadata(
            type: "root", version: 1, expires: now + lifetimes.root,
            [
                .init(name: "consistent_snapshot", value: true),
                .init(name: "keys", value: table(roles.flatMap { keys[$0] ?? [] })),
                .init(name: "roles", value: .object(roles.map { .init(name: $0, value: role($0)) })),
            ])
        try RepositoryFiles.write(
            try root.file(
                role: "root", keyIDs: (keys["root"] ?? []).map(\.identifier), threshold: rootThreshold, ring: ring),
            to: file(path, "root", 1))
        let delegated = keys[rolloutsRole] ?? []
        let targets = SignedMetadata(
            type: "targets", version: 0, expires: now,
            [.init(name: "targets", value: [:]), .init(name: "delegations", value: delegations(to: delegated))])
        let empty = SignedMetadata(type: "targets", version: 0, expires: now, [.init(name: "targets", value: [:])])
        let lists = ["snapshot", "timestamp"].map { type in
            SignedMetadata(type: type, version: 0, expires: now, [.init(name: "meta", value: [:])])
        }
        var repository = PublishedRepository(
            path: path, lock: try RepositoryLock(path), root: root, targets: targets, rollouts: empty,
            snapshot: lists[0],
            timestamp: lists[1])
        try repository.publish(targets: true, rollouts: true, ring: ring, at: now)
    }

    private init(
        path: String, lock: RepositoryLock, root: SignedMetadata, targets: SignedMetadata, rollouts: SignedMetadata,
        snapshot: SignedMetadata, timestamp: SignedMetadata
    ) {
        self.path = path
        self.lock = lock
        self.root = root
        self.targets = targets
        self.rollouts = rollouts
        self.snapshot = snapshot
        self.timestamp = timestamp
    }

    /// Whether less than half is left of what snapshot or timestamp hold for.
    func isHalfOver(at seconds: Int64) -> Bool {
        timestamp.expires - seconds < lifetimes.timestamp / 2 || snapshot.expires - seconds < lifetimes.snapshot / 2
    }

    // MARK: - Targets

    /// A target's entry; nil where it is not offered.
    func target(_ name: String, in role: String) -> JSONValue? {
        (role == Self.rolloutsRole ? rollouts : targets).signed["targets"]?[name]
    }

    /// Puts a file in its place, and its facts on the role's list. Published is it with the next state.
    mutating func put(
        _ bytes: [UInt8], as name: String, in role: String, custom: JSONValue?
    ) throws(PublisherFault) {
        let hash = SHA256Hash.of(bytes).hex
        let parts = name.split(separator: "/").map(String.init)
        let folder = "\(path)/targets/" + parts.dropLast().joined(separator: "/")
        try RepositoryFiles.makeFolder(folder)
        try RepositoryFiles.write(bytes, to: "\(folder)/\(hash).\(parts.last ?? "")")
        var entry: [JSONMember] = [
            .init(name: "length", value: .integer(Int64(bytes.count))),
            .init(name: "hashes", value: ["sha256": .string(hash)]),
        ]
        if let custom { entry.append(.init(name: "custom", value: custom)) }
        let signed = role == Self.rolloutsRole ? rollouts.signed : targets.signed
        let list = (signed["targets"] ?? [:]).replacing(name, with: .object(entry))
        if role == Self.rolloutsRole {
            rollouts.signed = signed.replacing("targets", with: list)
        } else {
            targets.signed = signed.replacing("targets", with: list)
        }
    }

    /// The bytes of a target that is offered; nil where it is not.
    func content(of name: String, in role: String) throws(PublisherFault) -> [UInt8]? {
        guard let hash = target(name, in: role)?["hashes"]?["sha256"]?.stringValue else { return nil }
        var parts = name.split(separator: "/").map(String.init)
        let last = parts.popLast() ?? ""
        let file = "\(path)/targets/\(parts.joined(separator: "/"))/\(hash).\(last)"
        guard let bytes = try RepositoryFiles.read(file), SHA256Hash.of(bytes).hex == hash else {
            throw .unreadable(path: file, reason: "not there, or not what the metadata say")
        }
        return bytes
    }

    // MARK: - Publishing

    /// Signs what has changed and everything that names it, and publishes it at once: by the timestamp, which is written last.
    mutating func publish(
        targets isTargetsNew: Bool = false, rollouts isRolloutsNew: Bool = false, ring: KeyRing, at now: Int64
    ) throws(PublisherFault) {
        var meta = snapshot.signed["meta"] ?? [:]
        if isTargetsNew {
            targets.advance(now + lifetimes.targets)
            meta = meta.replacing("targets.json", with: try write(targets, "targets", key(of: "targets"), ring))
        }
        if isRolloutsNew {
            rollouts.advance(now + lifetimes.rollouts)
            meta = meta.replacing(
                "rollouts.json", with: try write(rollouts, Self.rolloutsRole, delegatedKey, ring))
        }
        snapshot.signed = snapshot.signed.replacing("meta", with: meta)
        snapshot.advance(now + lifetimes.snapshot)
        let entry = try write(snapshot, "snapshot", key(of: "snapshot"), ring)
        timestamp.signed = timestamp.signed.replacing("meta", with: ["snapshot.json": entry])
        timestamp.advance(now + lifetimes.timestamp)
        let (identifiers, threshold) = key(of: "timestamp")
        try RepositoryFiles.write(
            try timestamp.file(role: "timestamp", keyIDs: identifiers, threshold: threshold, ring: ring),
            to: "\(path)/metadata/timestamp.json")
    }

    /// Publishes another root: `keys` take the place of the role's keys. Signed by the keys of the root before and by its own.
    mutating func rotate(
        _ role: String, to keys: [PublisherKey], ring: KeyRing, at now: Int64
    ) throws(PublisherFault) {
        let before = key(of: "root")
        var signed = root.signed
        let threshold = signed["roles"]?[role]?["threshold"]?.integerValue ?? 1
        signed = signed.replacing(
            "roles",
            with: (signed["roles"] ?? [:]).replacing(role, with: Self.role(keys, threshold: Int(threshold))))
        // Only keys that some role still has.
        let used = Set(
            (signed["roles"]?.objectValue ?? []).flatMap { member in
                (member.value["keyids"]?.arrayValue ?? []).compactMap(\.stringValue)
            })
        let old = (signed["keys"]?.objectValue ?? []).filter { used.contains($0.name) }
        let known = Set(old.map(\.name))
        let new = keys.filter { !known.contains($0.identifier) }
        signed = signed.replacing(
            "keys", with: .object(old + new.map { .init(name: $0.identifier, value: $0.json) }))
        root.signed = signed
        root.advance(now + lifetimes.root)
        let after = key(of: "root")
        let all = before.0 + after.0.filter { !before.0.contains($0) }
        let bytes = try root.file(role: "root", keyIDs: all, threshold: max(before.1, after.1), ring: ring)
        try RepositoryFiles.write(bytes, to: Self.file(path, "root", root.version))
    }

    mutating func delegateRollouts(to keys: [PublisherKey]) {
        targets.signed = targets.signed.replacing("delegations", with: Self.delegations(to: keys))
    }

    // MARK: - Keys

    /// The ids of a top-level role's keys, and how many must sign.
    func key(of role: String) -> ([String], Int) { Self.key(in: root.signed["roles"]?[role]) }

    var delegatedKey: ([String], Int) { Self.key(in: targets.signed["delegations"]?["roles"]?[0]) }

    private static func key(in role: JSONValue?) -> ([String], Int) {
        (
            (role?["keyids"]?.arrayValue ?? []).compactMap(\.stringValue),
            Int(role?["threshold"]?.integerValue ?? 1)
        )
    }

    private static func role(_ keys: [PublisherKey], threshold: Int) -> JSONValue {
        ["keyids": .array(keys.map { .string($0.identifier) }), "threshold": .integer(Int64(threshold))]
    }

    private static func table(_ keys: [PublisherKey]) -> JSONValue {
        .object(keys.map { .init(name: $0.identifier, value: $0.json) })
    }

    private static func delegations(to keys: [PublisherKey]) -> JSONValue {
        [
            "keys": table(keys),
            "roles": [
                .object(
                    [
                        .init(name: "name", value: .string(rolloutsRole)), .init(name: "terminating", value: true),
                        .init(name: "paths", value: [.string("\(rolloutsRole)/*")]),
                    ] + (role(keys, threshold: 1).objectValue ?? []))
            ],
        ]
    }

    // MARK: - Files

    /// - Returns: how the role is listed.
    private func write(
        _ metadata: SignedMetadata, _ role: String, _ keys: ([String], Int), _ ring: KeyRing
    ) throws(PublisherFault) -> JSONValue {
        let bytes = try metadata.file(role: role, keyIDs: keys.0, threshold: keys.1, ring: ring)
        try RepositoryFiles.write(bytes, to: Self.file(path, role, metadata.version))
        return [
            "version": .integer(metadata.version), "length": .integer(Int64(bytes.count)),
            "hashes": ["sha256": .string(SHA256Hash.of(bytes).hex)],
        ]
    }

    private static func file(_ path: String, _ role: String, _ version: Int64) -> String {
        "\(path)/metadata/\(version).\(role).json"
    }

    private static func listed(_ role: String, in metadata: SignedMetadata) -> Int64 {
        metadata.signed["meta"]?["\(role).json"]?["version"]?.integerValue ?? 0
    }

    private static func read(_ path: String) throws(PublisherFault) -> SignedMetadata {
        guard let bytes = try RepositoryFiles.read(path) else { throw .file(path: path, reason: "is not there") }
        return try SignedMetadata(file: bytes, path: path)
    }

    private static func newestRoot(_ path: String) throws(PublisherFault) -> SignedMetadata {
        let versions = RepositoryFiles.names(in: "\(path)/metadata").compactMap { name in
            name.hasSuffix(".root.json") ? Int64(name.dropLast(".root.json".count)) : nil
        }
        guard let newest = versions.max() else { throw .unknown("a repository in \(path)") }
        return try read(file(path, "root", newest))
    }
}

extension SignedMetadata {
    /// The next version, which holds until then.
    fileprivate mutating func advance(_ expires: Int64) {
        let next = version + 1
        self = SignedMetadata(
            type: signed["_type"]?.stringValue ?? "", version: next, expires: expires,
            (signed.objectValue ?? []).filter {
                !["_type", "spec_version", "version", "expires"].contains($0.name)
            })
    }
}
