import DurableFiles
package import HubCore
package import TUFMetadata

/// Performs what `MetadataRefresh` decides: fetches, stores, and says what came of it.
///
/// One of these is one refresh with the searches that follow it; the next refresh is another one.
package struct RepositoryUpdater {
    private let metadata: any RepositoryPort
    private let folder: MetadataFolder
    private var refresh: MetadataRefresh

    /// - Parameter startTime: Seconds since 1970.
    package init(
        metadata: any RepositoryPort, folder: MetadataFolder, startTime: Int64, limits: RefreshLimits = RefreshLimits()
    ) {
        self.metadata = metadata
        self.folder = folder
        refresh = MetadataRefresh(startTime: startTime, limits: limits)
    }

    /// Seconds since 1970: when the first of the metadata that were used until now ends. nil before `update`.
    package var validUntil: Int64? { refresh.validUntil }

    /// Of the snapshot; rises whenever targets change. nil before `update`.
    package var snapshotVersion: Int64? { refresh.snapshotVersion }

    /// Brings the top-level metadata up to date. Whatever is thrown, the folder can be refreshed from again.
    package mutating func update() async throws(MetadataFault) {
        _ = try await run(.started)
    }

    /// Finds a target, and where it is below the targets' base. Only after `update`.
    package mutating func find(_ path: String) async throws(MetadataFault) -> (target: TargetFile, location: String) {
        guard case .found(let target, let location) = try await run(.targetWanted(path: path)) else {
            throw .outOfOrder
        }
        return (target, location)
    }

    /// Reads a target; what is returned has its length and hashes.
    package static func read(
        _ target: TargetFile, at location: String, from targets: any RepositoryPort
    ) async throws(MetadataFault) -> [UInt8] {
        let bytes: [UInt8]
        do throws(RepositoryFault) {
            bytes = try await targets.file(location, lengthMax: target.length)
        } catch {
            throw .download(name: target.path, DownloadFault(error))
        }
        try target.facts.check(bytes, name: target.path)
        return bytes
    }

    private mutating func run(_ event: MetadataRefresh.Event) async throws(MetadataFault) -> MetadataRefresh.Outcome {
        var effects = refresh.handle(event)[...]
        var isChanged = false
        var pending = PendingWrites()
        while let effect = effects.popFirst() {
            switch effect {
            case .load(let name):
                effects += refresh.handle(.loaded(load(name)))
            case .fetch(let path, let lengthMax):
                effects += refresh.handle(.fetched(await fetch(path, lengthMax: lengthMax)))
            case .store(let name, let bytes):
                isChanged = true
                do throws(MetadataFolder.Fault) {
                    try folder.replace(name, with: bytes, flushing: &pending)
                } catch {
                    effects = refresh.handle(.storingFailed(name: name))[...]
                }
            case .remove(let name):
                isChanged = true
                do throws(MetadataFolder.Fault) {
                    try folder.remove(name)
                } catch {
                    effects = refresh.handle(.storingFailed(name: name))[...]
                }
            case .finish(let outcome):
                // What counts is durable before anybody acts on it, also when a later step has failed.
                if isChanged { try await synchronise(pending) }
                if case .failed(let fault) = outcome { throw fault }
                return outcome
            }
        }
        throw .outOfOrder
    }

    /// A file that cannot be read is as good as none: it is fetched anew, and a root that is missing ends the refresh.
    private func load(_ name: String) -> [UInt8]? {
        do throws(MetadataFolder.Fault) {
            return try folder.read(name)
        } catch {
            return nil
        }
    }

    private func synchronise(_ pending: borrowing PendingWrites) async throws(MetadataFault) {
        do throws(MetadataFolder.Fault) {
            try await folder.synchronise(pending)
        } catch {
            throw .storage(name: "the folder")
        }
    }

    private func fetch(_ path: String, lengthMax: Int) async -> Result<[UInt8], DownloadFault> {
        do throws(RepositoryFault) {
            return .success(try await metadata.file(path, lengthMax: lengthMax))
        } catch {
            return .failure(DownloadFault(error))
        }
    }
}

extension DownloadFault {
    fileprivate init(_ fault: RepositoryFault) {
        switch fault {
        case .status(let status): self = .status(status)
        case .tooLong: self = .tooLong
        case .tooSlow: self = .tooSlow
        case .unreachable(let reason): self = .unreachable(reason: reason)
        }
    }
}
