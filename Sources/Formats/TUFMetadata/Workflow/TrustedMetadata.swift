/// The metadata that count at this moment, and the rules by which others take their place (specification §5.3 to §5.6).
struct TrustedMetadata: Sendable {
    /// Who says who may sign a delegated role.
    struct Delegator: Sendable {
        let roleKeys: RoleKeys
        let keys: [String: MetadataKey]
    }

    /// Seconds since 1970; fixed for a whole refresh (§5.1).
    let startTime: Int64
    private(set) var root: RootMetadata
    private(set) var timestamp: ListedVersions?
    private(set) var snapshot: ListedVersions?
    private var targets: [String: TargetsMetadata] = [:]

    /// Trust begins with a root that its own keys have signed. That it may have expired does not matter (§5.3.10 comes later).
    init(rootBytes: [UInt8], startTime: Int64) throws(MetadataFault) {
        let root = try RootMetadata(rootBytes)
        try root.verify(root.envelope, role: RootMetadata.role)
        self.root = root
        self.startTime = startTime
    }

    /// Seconds since 1970: when the first of all that is trusted ends.
    var validUntil: Int64 {
        let envelopes =
            [root.envelope] + [timestamp, snapshot].compactMap { $0?.envelope } + targets.values.map(\.envelope)
        return envelopes.map(\.expires).min() ?? 0
    }

    // MARK: - Root

    /// - Returns: whether timestamp and snapshot have to be forgotten, because a key of either is not one any more (§5.3.11).
    mutating func updateRoot(_ bytes: [UInt8]) throws(MetadataFault) -> Bool {
        let next = try RootMetadata(bytes)
        // §5.3.4: by the keys of the one before and by its own.
        try root.verify(next.envelope, role: RootMetadata.role)
        try next.verify(next.envelope, role: RootMetadata.role)
        // §5.3.5
        guard next.envelope.version == root.envelope.version + 1 else {
            throw .versionWrong(
                role: RootMetadata.role, found: next.envelope.version, expected: root.envelope.version + 1)
        }
        let hasRotated = ["timestamp", "snapshot"].contains { root.hasRotated($0, to: next) }
        root = next
        return hasRotated
    }

    /// §5.3.10
    func checkRoot() throws(MetadataFault) {
        try checkExpiry(of: root.envelope, role: RootMetadata.role)
    }

    // MARK: - Timestamp

    /// Takes the stored timestamp for comparison; one that does not verify is as good as none.
    mutating func recallTimestamp(_ bytes: [UInt8]) {
        timestamp = try? readTimestamp(bytes)
    }

    /// - Returns: whether it is newer than the one before and has to be stored.
    mutating func updateTimestamp(_ bytes: [UInt8]) throws(MetadataFault) -> Bool {
        let next = try readTimestamp(bytes)
        if let timestamp {
            // §5.4.3.1
            guard next.envelope.version >= timestamp.envelope.version else {
                throw .versionWrong(
                    role: "timestamp", found: next.envelope.version, expected: timestamp.envelope.version)
            }
            if next.envelope.version == timestamp.envelope.version {
                try checkExpiry(of: timestamp.envelope, role: "timestamp")
                return false
            }
            // §5.4.3.2
            if let before = timestamp.entries["snapshot"], let now = next.entries["snapshot"],
                now.version < before.version
            {
                throw .versionWrong(role: "snapshot", found: now.version, expected: before.version)
            }
        }
        // §5.4.4
        try checkExpiry(of: next.envelope, role: "timestamp")
        timestamp = next
        return true
    }

    private func readTimestamp(_ bytes: [UInt8]) throws(MetadataFault) -> ListedVersions {
        let read = try ListedVersions(bytes, role: "timestamp", required: "snapshot")
        try root.verify(read.envelope, role: "timestamp")
        return read
    }

    // MARK: - Snapshot

    /// What the timestamp says of the snapshot.
    func snapshotEntry() throws(MetadataFault) -> ListedVersions.Entry {
        guard let entry = timestamp?.entries["snapshot"] else { throw .roleUnlisted("snapshot") }
        return entry
    }

    /// Takes the stored snapshot for comparison.
    ///
    /// - Returns: whether it is the one that the timestamp names, so that none has to be fetched.
    mutating func recallSnapshot(_ bytes: [UInt8]) -> Bool {
        do throws(MetadataFault) {
            let stored = try readSnapshot(bytes)
            snapshot = stored
            let entry = try snapshotEntry()
            guard stored.envelope.version == entry.version else { return false }
            try entry.facts.check(bytes, name: "snapshot")
            try checkExpiry(of: stored.envelope, role: "snapshot")
            return true
        } catch {
            // The repository's own takes its place.
            return false
        }
    }

    mutating func updateSnapshot(_ bytes: [UInt8]) throws(MetadataFault) {
        let entry = try snapshotEntry()
        // §5.5.2
        try entry.facts.check(bytes, name: "snapshot")
        let next = try readSnapshot(bytes)
        // §5.5.4
        guard next.envelope.version == entry.version else {
            throw .versionWrong(role: "snapshot", found: next.envelope.version, expected: entry.version)
        }
        // §5.5.5: nothing that was listed goes, and nothing goes back.
        for (role, before) in snapshot?.entries ?? [:] {
            guard let now = next.entries[role] else { throw .roleRemoved(role) }
            guard now.version >= before.version else {
                throw .versionWrong(role: role, found: now.version, expected: before.version)
            }
        }
        // §5.5.6
        try checkExpiry(of: next.envelope, role: "snapshot")
        snapshot = next
    }

    private func readSnapshot(_ bytes: [UInt8]) throws(MetadataFault) -> ListedVersions {
        let read = try ListedVersions(bytes, role: "snapshot", required: TargetsMetadata.role)
        try root.verify(read.envelope, role: "snapshot")
        return read
    }

    // MARK: - Targets

    /// What the snapshot says of a role.
    func targetsEntry(_ role: String) throws(MetadataFault) -> ListedVersions.Entry {
        guard let entry = snapshot?.entries[role] else { throw .roleUnlisted(role) }
        return entry
    }

    /// Takes a role's metadata, stored or fetched: for both the same rules hold (§5.6.2 to §5.6.5).
    mutating func updateTargets(
        _ bytes: [UInt8], role: String, delegator: Delegator?
    ) throws(MetadataFault) -> TargetsMetadata {
        let entry = try targetsEntry(role)
        try entry.facts.check(bytes, name: role)
        let next = try TargetsMetadata(bytes, role: role)
        try verify(next, role: role, delegator: delegator)
        guard next.envelope.version == entry.version else {
            throw .versionWrong(role: role, found: next.envelope.version, expected: entry.version)
        }
        try checkExpiry(of: next.envelope, role: role)
        targets[role] = next
        return next
    }

    /// Metadata of a role that were taken before: who delegates to it *now* has to have the keys that signed it. That another role
    /// delegates to it as well gives it nothing here.
    func recalledTargets(_ role: String, delegator: Delegator?) throws(MetadataFault) -> TargetsMetadata? {
        guard let known = targets[role] else { return nil }
        try verify(known, role: role, delegator: delegator)
        return known
    }

    private func verify(
        _ metadata: TargetsMetadata, role: String, delegator: Delegator?
    ) throws(MetadataFault) {
        if let delegator {
            try delegator.roleKeys.verify(metadata.envelope, role: role, keys: delegator.keys)
        } else {
            try root.verify(metadata.envelope, role: role)
        }
    }

    private func checkExpiry(of envelope: MetadataEnvelope, role: String) throws(MetadataFault) {
        guard envelope.expires > startTime else { throw .expired(role: role, at: envelope.expires) }
    }
}
