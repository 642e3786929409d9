import FirmwareRollout
import HubCore
import TUFMetadata
import TUFUpdater
import UpstreamClient

/// The configured repository and what the hub has of it. Each reading opens the metadata, makes a plan of them, and drops them.
struct FirmwareRepository: Sendable {
    private static let metadataFolder = "/metadata/"
    private static let targetsFolder = "/targets/"

    /// Nobody is asked: what is not stored is not there.
    private struct Nowhere: RepositoryPort {
        func file(_ path: String, lengthMax: Int) async throws(RepositoryFault) -> [UInt8] {
            throw .unreachable(reason: "not stored")
        }
    }

    let url: RepositoryURL
    /// The certificates that an https server's chain may lead to, DER.
    let anchors: @Sendable () -> [[UInt8]]
    let folder: FirmwareFolder

    /// Brings the metadata up to date, and reads what they say for these models.
    ///
    /// - Parameter seconds: since 1970; one time for the whole refresh.
    func refresh(for models: [String], at seconds: Int64) async -> Result<RolloutPlan, MetadataFault> {
        do {
            let metadata = try repository(Self.metadataFolder)
            let targets = try repository(Self.targetsFolder)
            defer {
                metadata.close()
                targets.close()
            }
            return await plan(metadata, targets, models, seconds)
        } catch {
            return .failure(
                .download(name: "the repository", .unreachable(reason: "the hub's own settings: \(error)")))
        }
    }

    /// What the last valid metadata say, asking nobody.
    ///
    /// Those that have expired are read as well: the plan says when it ended, and offers nothing behind that.
    func recall(for models: [String]) async -> Result<RolloutPlan, MetadataFault> {
        await plan(StoredRepository(folder.metadata), Nowhere(), models, .min)
    }

    /// For images; the caller closes it.
    func images() throws(HTTPFailure) -> HTTPRepository { try repository(Self.targetsFolder) }

    private func plan(
        _ metadata: any RepositoryPort, _ targets: any RepositoryPort, _ models: [String], _ seconds: Int64
    ) async -> Result<RolloutPlan, MetadataFault> {
        do throws(MetadataFault) {
            var updater = RepositoryUpdater(metadata: metadata, folder: folder.metadata, startTime: seconds)
            try await updater.update()
            var reading = RolloutReading(updater, targets: targets, documents: folder.documents)
            return .success(try await reading.plan(for: models))
        } catch {
            return .failure(error)
        }
    }

    private func repository(_ part: String) throws(HTTPFailure) -> HTTPRepository {
        try HTTPRepository(url.endpoint(anchors: anchors()), basePath: url.basePath + part)
    }
}
