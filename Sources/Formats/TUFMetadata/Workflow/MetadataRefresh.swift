/// The client's whole workflow as a machine: bytes in, what to read, fetch and store out (specification 1.0.34 §5).
///
/// One refresh, then any number of searches, with one and the same time. After a failure nothing more is done; what was stored until
/// then is a store from which the next refresh can start.
package struct MetadataRefresh: Sendable {
    package enum Event: Sendable {
        case started
        /// What the store has under the name that was asked for; nil where there is nothing.
        case loaded([UInt8]?)
        case fetched(Result<[UInt8], DownloadFault>)
        case storingFailed(name: String)
        /// Only after `.refreshed`, and after the search before has ended.
        case targetWanted(path: String)
    }

    package enum Effect: Sendable, Hashable {
        /// Read from the store; answered by `.loaded`.
        case load(name: String)
        /// Read from the repository, below the metadata's base; answered by `.fetched`.
        case fetch(path: String, lengthMax: Int)
        /// Replaced as a whole and in this order, or `.storingFailed`.
        case store(name: String, [UInt8])
        case remove(name: String)
        /// After this is durable what was stored and removed.
        case finish(Outcome)
    }

    package enum Outcome: Sendable, Hashable {
        case refreshed
        /// `location` is below the targets' base.
        case found(TargetFile, location: String)
        case failed(MetadataFault)
    }

    private enum State {
        case idle
        case loadingRoot
        case fetchingRoot(rotationCount: Int)
        case loadingTimestamp
        case fetchingTimestamp
        case loadingSnapshot
        case fetchingSnapshot
        case loadingTargets
        case fetchingTargets
        case ready
        case loadingDelegated(TargetSearch, TargetSearch.Step)
        case fetchingDelegated(TargetSearch, TargetSearch.Step)
        case failed
    }

    private static let rootName = "root.json"
    private static let timestampName = "timestamp.json"
    private static let snapshotName = "snapshot.json"
    private static let targetsName = "targets.json"
    /// How servers say that there is no such file; some object stores say 403.
    private static let absentStatuses = [403, 404]

    private let startTime: Int64
    private let limits: RefreshLimits
    private var state = State.idle
    private var trusted: TrustedMetadata?

    /// - Parameter startTime: Seconds since 1970.
    package init(startTime: Int64, limits: RefreshLimits = RefreshLimits()) {
        self.startTime = startTime
        self.limits = limits
    }

    /// Seconds since 1970: when the first of the metadata that were used until now ends. nil before a refresh.
    package var validUntil: Int64? { isRefreshed ? trusted?.validUntil : nil }

    /// Of the snapshot; rises whenever targets change. nil before a refresh.
    package var snapshotVersion: Int64? { isRefreshed ? trusted?.snapshot?.envelope.version : nil }

    private var isRefreshed: Bool {
        switch state {
        case .ready, .loadingDelegated, .fetchingDelegated: true
        default: false
        }
    }

    /// Advances the workflow. The caller performs the effects in order.
    package mutating func handle(_ event: Event) -> [Effect] {
        do throws(MetadataFault) {
            if case .storingFailed(let name) = event { throw .storage(name: name) }
            return try advance(event)
        } catch {
            return fail(error)
        }
    }

    private mutating func fail(_ fault: MetadataFault) -> [Effect] {
        // A target that nobody offers is an answer; everything else ends the workflow.
        if case .targetNotFound = fault { state = .ready } else { state = .failed }
        return [.finish(.failed(fault))]
    }

    private mutating func advance(_ event: Event) throws(MetadataFault) -> [Effect] {
        if case .idle = state, case .started = event {
            state = .loadingRoot
            return [.load(name: Self.rootName)]
        }
        if case .loadingRoot = state, case .loaded(let bytes) = event {
            guard let bytes else { throw .storage(name: Self.rootName) }
            let initial = try TrustedMetadata(rootBytes: bytes, startTime: startTime)
            trusted = initial
            return nextRoot(rotationCount: 0, initial.root)
        }
        guard var trusted else { throw .outOfOrder }
        // One owner at a time: what is long is not copied.
        self.trusted = nil
        defer { self.trusted = trusted }
        switch (state, event) {
        case (.fetchingRoot(let count), .fetched(let result)):
            return try rootFetched(result, count, &trusted)

        case (.loadingTimestamp, .loaded(let bytes)):
            try trusted.checkRoot()
            if let bytes { trusted.recallTimestamp(bytes) }
            state = .fetchingTimestamp
            return [.fetch(path: Self.timestampName, lengthMax: limits.timestampLengthMax)]

        case (.fetchingTimestamp, .fetched(let result)):
            let bytes = try Self.bytes(result, Self.timestampName)
            let isNew = try trusted.updateTimestamp(bytes)
            state = .loadingSnapshot
            return (isNew ? [.store(name: Self.timestampName, bytes)] : []) + [.load(name: Self.snapshotName)]

        case (.loadingSnapshot, .loaded(let bytes)):
            if let bytes, trusted.recallSnapshot(bytes) { return loadTargets() }
            state = .fetchingSnapshot
            let entry = try trusted.snapshotEntry()
            return [fetch("snapshot", entry, trusted.root, lengthMax: limits.snapshotLengthMax)]

        case (.fetchingSnapshot, .fetched(let result)):
            let bytes = try Self.bytes(result, Self.snapshotName)
            try trusted.updateSnapshot(bytes)
            return [.store(name: Self.snapshotName, bytes)] + loadTargets()

        case (.loadingTargets, .loaded(let bytes)):
            if let bytes, (try? trusted.updateTargets(bytes, role: TargetsMetadata.role, delegator: nil)) != nil {
                state = .ready
                return [.finish(.refreshed)]
            }
            state = .fetchingTargets
            return [try fetchTargets(TargetsMetadata.role, trusted)]

        case (.fetchingTargets, .fetched(let result)):
            let bytes = try Self.bytes(result, Self.targetsName)
            _ = try trusted.updateTargets(bytes, role: TargetsMetadata.role, delegator: nil)
            state = .ready
            return [.store(name: Self.targetsName, bytes), .finish(.refreshed)]

        case (.ready, .targetWanted(let path)):
            return try look(
                TargetSearch(path: path, delegationCountMax: limits.delegationCountMax), &trusted)

        case (.loadingDelegated(let search, let step), .loaded(let bytes)):
            if let bytes,
                let found = try? trusted.updateTargets(bytes, role: step.role, delegator: step.delegator)
            {
                return try examine(found, step, search, &trusted)
            }
            state = .fetchingDelegated(search, step)
            return [try fetchTargets(step.role, trusted)]

        case (.fetchingDelegated(let search, let step), .fetched(let result)):
            let bytes = try Self.bytes(result, step.role)
            let found = try trusted.updateTargets(bytes, role: step.role, delegator: step.delegator)
            let storing = Effect.store(name: try Self.storeName(step.role), bytes)
            // What counts is stored, whatever comes of the search.
            do throws(MetadataFault) {
                return [storing] + (try examine(found, step, search, &trusted))
            } catch {
                return [storing] + fail(error)
            }

        case (.idle, _), (.loadingRoot, _), (.fetchingRoot, _), (.loadingTimestamp, _), (.fetchingTimestamp, _),
            (.loadingSnapshot, _), (.fetchingSnapshot, _), (.loadingTargets, _), (.fetchingTargets, _), (.ready, _),
            (.loadingDelegated, _), (.fetchingDelegated, _), (.failed, _):
            throw .outOfOrder
        }
    }

    // MARK: - Root

    private mutating func nextRoot(rotationCount: Int, _ root: RootMetadata) -> [Effect] {
        guard rotationCount < limits.rootRotationCountMax, root.envelope.version < .max else { return loadTimestamp() }
        state = .fetchingRoot(rotationCount: rotationCount)
        return [
            .fetch(
                path: RepositoryPath.metadata(RootMetadata.role, version: root.envelope.version + 1),
                lengthMax: limits.rootLengthMax)
        ]
    }

    private mutating func rootFetched(
        _ result: Result<[UInt8], DownloadFault>, _ count: Int, _ trusted: inout TrustedMetadata
    ) throws(MetadataFault) -> [Effect] {
        switch result {
        case .failure(.status(let status)) where Self.absentStatuses.contains(status):
            // §5.3.3: there is no newer one.
            return loadTimestamp()
        case .failure(let fault):
            throw .download(name: Self.rootName, fault)
        case .success(let bytes):
            let hasRotated = try trusted.updateRoot(bytes)
            var effects = [Effect.store(name: Self.rootName, bytes)]
            if hasRotated { effects += [.remove(name: Self.timestampName), .remove(name: Self.snapshotName)] }
            return effects + nextRoot(rotationCount: count + 1, trusted.root)
        }
    }

    // MARK: - What follows

    private mutating func loadTimestamp() -> [Effect] {
        state = .loadingTimestamp
        return [.load(name: Self.timestampName)]
    }

    private mutating func loadTargets() -> [Effect] {
        state = .loadingTargets
        return [.load(name: Self.targetsName)]
    }

    private func fetchTargets(_ role: String, _ trusted: TrustedMetadata) throws(MetadataFault) -> Effect {
        fetch(role, try trusted.targetsEntry(role), trusted.root, lengthMax: limits.targetsLengthMax)
    }

    private func fetch(
        _ role: String, _ entry: ListedVersions.Entry, _ root: RootMetadata, lengthMax: Int
    ) -> Effect {
        .fetch(
            path: RepositoryPath.metadata(role, version: root.isConsistentSnapshot ? entry.version : nil),
            lengthMax: min(entry.facts.length ?? lengthMax, lengthMax))
    }

    private static func bytes(
        _ result: Result<[UInt8], DownloadFault>, _ name: String
    ) throws(MetadataFault) -> [UInt8] {
        switch result {
        case .success(let bytes): return bytes
        case .failure(let fault): throw .download(name: name, fault)
        }
    }

    private static func storeName(_ role: String) throws(MetadataFault) -> String {
        guard let name = RepositoryPath.stored(role) else {
            throw .malformed(role: TargetsMetadata.role, reason: "a role with too long a name")
        }
        return name
    }

    // MARK: - Search

    /// Looks at roles until one offers the path or one has to be read.
    private mutating func look(
        _ search: TargetSearch, _ trusted: inout TrustedMetadata
    ) throws(MetadataFault) -> [Effect] {
        var search = search
        while let step = search.next() {
            guard let known = try trusted.recalledTargets(step.role, delegator: step.delegator) else {
                _ = try trusted.targetsEntry(step.role)
                state = .loadingDelegated(search, step)
                return [.load(name: try Self.storeName(step.role))]
            }
            if let target = try known.target(search.path, role: step.role) { return found(target, trusted) }
            search.follow(known.delegations)
        }
        throw .targetNotFound(search.path)
    }

    private mutating func examine(
        _ metadata: TargetsMetadata, _ step: TargetSearch.Step, _ search: TargetSearch,
        _ trusted: inout TrustedMetadata
    ) throws(MetadataFault) -> [Effect] {
        if let target = try metadata.target(search.path, role: step.role) { return found(target, trusted) }
        var search = search
        search.follow(metadata.delegations)
        return try look(search, &trusted)
    }

    private mutating func found(_ target: TargetFile, _ trusted: TrustedMetadata) -> [Effect] {
        state = .ready
        let location = RepositoryPath.target(target, isConsistentSnapshot: trusted.root.isConsistentSnapshot)
        return [.finish(.found(target, location: location))]
    }
}
