/// Why the authority would not make, read or accept a certificate.
package enum CertificateFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// Bytes that are no certificate, request or key of the kind that was asked for.
    case malformed(String)
    /// A sound request that the authority does not grant.
    case refused(String)
    /// A file of the authority cannot be read or written.
    case file(path: String, reason: String)

    package var description: String {
        switch self {
        case .malformed(let what): "malformed: \(what)"
        case .refused(let reason): "refused: \(reason)"
        case .file(let path, let reason): "\(path): \(reason)"
        }
    }
}
