import HubCore
import TUFUpdater
import UpstreamClient

/// Fetches the images that the present plan names.
struct RepositoryImageSource: FirmwareImageSource {
    let repository: FirmwareRepository
    let board: RolloutBoard

    func fetch(_ target: FirmwareOffer.Target, to path: String) async -> Result<Void, FirmwareFetchFault> {
        guard let location = board.current.plan?.location(of: target) else {
            return .failure(.permanent(reason: "the metadata do not name it any more"))
        }
        let images: HTTPRepository
        do throws(HTTPFailure) {
            images = try repository.images()
        } catch {
            return .failure(.transient(reason: error.description))
        }
        defer { images.close() }
        return await ImageDownload(from: images).fetch(target, at: location, to: path)
    }
}
