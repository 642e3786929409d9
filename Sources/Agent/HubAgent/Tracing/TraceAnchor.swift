import CORProtocol
import HubCore
import JSONCoding

/// What the proof of a step rests on in the end: whoever does not trust it is not convinced by the step.
enum TraceAnchor: Sendable, Equatable {
    /// Nothing but the bytes themselves: a hash.
    case content
    /// An authority of the makers, of the trust anchors' folder; nil where the step did not get as far.
    case deviceAuthority(TrustedAuthority?)
    /// An authority that the upstream is known by since enrolment; nil where the step did not get as far.
    case upstreamAuthority(TrustedAuthority?)
    /// A signing certificate of before that the hub keeps, of an authority that it has let go since.
    case ownCertificate(TrustedAuthority?)
    /// The certificate of the upstream's receipt key, pinned at enrolment.
    case receiptCertificate(TrustedAuthority?)
    /// The analysis of this program.
    case program(String)
    /// Nothing: only the link says it.
    case none

    var kind: String {
        switch self {
        case .content: "content"
        case .deviceAuthority: "device-authority"
        case .upstreamAuthority: "upstream-authority"
        case .ownCertificate: "own-certificate"
        case .receiptCertificate: "receipt-certificate"
        case .program: "program"
        case .none: "none"
        }
    }

    var json: JSONValue {
        var name: String?
        var authority: TrustedAuthority?
        switch self {
        case .content, .none: break
        case .program(let text): name = text
        case .deviceAuthority(let one), .upstreamAuthority(let one), .ownCertificate(let one),
            .receiptCertificate(let one):
            (name, authority) = (one?.name, one)
        }
        return [
            "kind": .string(kind), "name": .text(name), "sha256": authority.map { .hash($0.fingerprint) } ?? .null,
        ]
    }
}
