package import HubCore

/// Why there is no complete answer.
package enum HTTPFailure: Error, Sendable, Hashable {
    case nameNotResolved
    /// Nobody listens at the address, or there is no such socket.
    case refused
    case connectFailed(errno: Int32)
    case timedOut(UpstreamPhase)
    case tls(TLSFault)
    /// The connection ended before the answer did.
    case connectionLost
    /// The peer does not speak HTTP/1.1 as it should.
    case malformed(reason: String)
    case tooLarge(HTTPAnswerPart, lengthMax: Int)
    case cancelled
    /// Certificates or key of our own that TLS cannot use.
    case ownCredentialUnusable(reason: String)
}

/// A part of an answer that has a limit.
package enum HTTPAnswerPart: String, Sendable, Hashable {
    case fields, body, line
}

extension HTTPFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nameNotResolved: "the name cannot be resolved"
        case .refused: "nobody listens there"
        case .connectFailed(let errno): "no connection (errno \(errno))"
        case .timedOut(let phase): "timed out (\(phase.rawValue))"
        case .tls(let fault): "\(fault)"
        case .connectionLost: "the connection ended before the answer did"
        case .malformed(let reason): "the answer is not HTTP/1.1: \(reason)"
        case .tooLarge(let part, let lengthMax): "the answer's \(part.rawValue) exceeds \(lengthMax) bytes"
        case .cancelled: "cancelled"
        case .ownCredentialUnusable(let reason): "the hub's own credential is unusable: \(reason)"
        }
    }
}
