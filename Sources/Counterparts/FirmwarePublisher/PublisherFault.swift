package import FirmwareRollout
package import MCUbootImage

/// Why nothing was published. What was published before stays as it is.
package enum PublisherFault: Error, Sendable, Hashable {
    case file(path: String, reason: String)
    /// A file of this repository or of its keys is not what the publisher writes.
    case unreadable(path: String, reason: String)
    case exists(String)
    case keysMissing(role: String, present: Int, threshold: Int)
    case description(line: Int, reason: String)
    case document(DocumentFault)
    case image(ImageRefusal)
    case imageDiffers(String)
    case unknown(String)
    /// The rollout's state, or another rollout, does not allow it.
    case notAllowed(String)
    case busy(String)
}

extension PublisherFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let path, let reason), .unreadable(let path, let reason): "\(path): \(reason)"
        case .exists(let what): "\(what) is there already"
        case .keysMissing(let role, let present, let threshold):
            "\(role) wants \(threshold) of its keys, and \(present) are here: name their folder with --keys"
        case .description(let line, let reason): "line \(line): \(reason)"
        case .document(let fault): "\(fault)"
        case .image(let refusal): "the image is refused: \(refusal) (\(refusal.code))"
        case .imageDiffers(let reason): "the image is not the one that is described: \(reason)"
        case .unknown(let what): "\(what) is not known here"
        case .notAllowed(let reason): reason
        case .busy(let path): "another publisher works on \(path)"
        }
    }
}
