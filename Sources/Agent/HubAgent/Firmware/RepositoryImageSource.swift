import HubCore
import TUFUpdater
import UpstreamClient

/// Fetches the images that the present plan names.
struct RepositoryImageSource: FirmwareImageSource {
    let repository: FirmwareRepository
    let board: RolloutBoard
    let images: FirmwareImageFolder
    let updates: FirmwareBoard

    func fetch(_ target: FirmwareOffer.Target, to path: String) async -> Result<Void, FirmwareFetchFault> {
        // A hub that has just started goes on with what it fetched, and has yet to read what the metadata say.
        await board.awaitRecall()
        guard let plan = board.current.plan else { return .failure(.transient(reason: "metadata-missing")) }
        guard let location = plan.location(of: target) else {
            return .failure(.permanent(reason: "not-in-the-metadata"))
        }
        let needed = Set(updates.entries.map(\.record).filter { !$0.phase.isEnd }.map(\.offer.target.sha256))
        do throws(FirmwareImageFolder.Fault) {
            _ = try images.place(for: target.sha256, needed: needed)
        } catch {
            return .failure(.transient(reason: "storage: \(error)"))
        }
        let files: HTTPRepository
        do throws(HTTPFailure) {
            files = try repository.images()
        } catch {
            return .failure(.transient(reason: error.description))
        }
        defer { files.close() }
        return await ImageDownload(from: files).fetch(target, at: location, to: path)
    }
}
