package import HubCore

/// Why the identity folder cannot be used. Each prints as one line; none holds key material.
package enum IdentityFault: Error, Sendable, Hashable {
    /// The hub was never enrolled, or a file was taken away.
    case missing(path: String)
    case unreadable(path: String, errno: Int32)
    case malformed(path: String, reason: String)
    case key(KeyStoreFault)
    /// The certificate names another key than the one that is kept.
    case keyMismatch(certificatePath: String, use: HubKeyUse)
    /// The certificate names another hub than `hub.json`.
    case hubMismatch(certificatePath: String, expected: String)
    case notWritten(path: String, errno: Int32)
    /// Another process is changing the folder.
    case busy(path: String)
}

extension IdentityFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let path):
            "\(path) does not exist: enrol this hub first"
        case .unreadable(let path, let errno):
            "\(path) cannot be read (errno \(errno))"
        case .malformed(let path, let reason):
            "\(path): \(reason)"
        case .key(let fault):
            "\(fault)"
        case .keyMismatch(let certificatePath, let use):
            "\(certificatePath) is not for the hub's \(use.rawValue) key: put the right key back, or enrol again"
        case .hubMismatch(let certificatePath, let expected):
            "\(certificatePath) does not name \(expected), the hub of hub.json"
        case .notWritten(let path, let errno):
            "\(path) cannot be written (errno \(errno))"
        case .busy(let path):
            "another corhub is enrolling or renewing in \(path)"
        }
    }
}
