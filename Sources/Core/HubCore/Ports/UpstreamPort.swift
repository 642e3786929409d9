/// Takes signed batches to the upstream.
package protocol UpstreamPort: Sendable {
    /// Submits one batch, `COSE_Sign1` as stored, and says what came of it. Sending the same bytes again is harmless:
    /// the upstream answers with the same receipt.
    func submit(batch: [UInt8]) async -> SubmissionOutcome
}

/// What came of one submission. Nothing here is verified: a receipt is bytes until its signature was checked.
package enum SubmissionOutcome: Sendable, Hashable {
    /// `COSE_Sign1` as received: accepted, accepted with gaps, or rejected. firmware-specs/cddl/receipt.cddl.
    case receipt([UInt8])
    /// 409: the upstream holds something else at this place of the epoch.
    case conflict(SubmissionConflict)
    /// The upstream understood and will not take it; the same request would be refused again.
    case refused(status: Int, code: String, message: String)
    /// Nothing is known to be wrong with the batch: try again, not before `after` where the upstream asked for it.
    case retry(after: Duration?, cause: UpstreamFault)
}

/// The upstream's view of the epoch, when it does not fit ours.
package struct SubmissionConflict: Sendable, Hashable {
    /// The upstream's own code, for example of another hash at the same sequence. Untrusted text, at most 64 bytes.
    package var code: String
    /// For people. Untrusted text, at most 256 bytes.
    package var message: String
    /// The sequence that the upstream expects next in this epoch, where it says so.
    package var nextSequence: UInt64?

    package init(code: String, message: String, nextSequence: UInt64?) {
        self.code = code
        self.message = message
        self.nextSequence = nextSequence
    }
}

/// Why the upstream could not be asked, or gave no answer that counts.
package enum UpstreamFault: Error, Sendable, Hashable {
    /// The name has no address.
    case nameNotResolved
    /// Nobody listens, or no route leads there.
    case unreachable(reason: String)
    case timedOut(UpstreamPhase)
    case tls(TLSFault)
    /// The connection ended before the answer did.
    case connectionLost
    /// The answer is not what an upstream says: a captive portal, a proxy, garbage.
    case unexpectedAnswer(reason: String)
    /// 408, 425, 429 or 5xx.
    case unavailable(status: Int)
    case cancelled
}

package enum UpstreamPhase: String, Sendable, Hashable {
    case connect, tls, response
}

package enum TLSFault: Sendable, Hashable {
    /// The upstream's certificate does not lead to the pinned CA, or is not valid at this time.
    case peerNotTrusted
    /// The upstream's certificate is for another name.
    case peerNameMismatch
    /// The upstream's certificate names another region than the one that the hub may send to, or none. Untrusted text, at
    /// most 64 bytes.
    case otherRegion(expected: String, found: String?)
    /// The upstream demands a client certificate, or does not take ours.
    case ownCertificateRefused
    /// No common version or cipher, or bytes that are not TLS.
    case handshakeFailed(reason: String)
}

extension UpstreamFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nameNotResolved: "the upstream's name cannot be resolved"
        case .unreachable(let reason): "the upstream cannot be reached: \(reason)"
        case .timedOut(let phase): "the upstream took too long (\(phase.rawValue))"
        case .tls(let fault): "\(fault)"
        case .connectionLost: "the connection to the upstream was lost"
        case .unexpectedAnswer(let reason): "the answer is not the upstream's: \(reason)"
        case .unavailable(let status): "the upstream is unavailable (status \(status))"
        case .cancelled: "the request was cancelled"
        }
    }
}

extension TLSFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .peerNotTrusted: "the upstream's certificate is not trusted"
        case .peerNameMismatch: "the upstream's certificate is for another name"
        case .otherRegion(let expected, let found):
            "the upstream is in region \(found ?? "unknown"), and readings may go to \(expected) only (upstream.region)"
        case .ownCertificateRefused: "the upstream refuses the hub's certificate"
        case .handshakeFailed(let reason): "TLS failed: \(reason)"
        }
    }
}
