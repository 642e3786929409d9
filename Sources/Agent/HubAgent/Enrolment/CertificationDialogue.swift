import CORProtocol
import HubCore
import KeyStore
import UpstreamClient

/// Has one key certified: asks, waits where somebody has to agree, and judges what comes.
struct CertificationDialogue: Sendable {
    /// Asked again after this where the upstream names no time (RFC 7030 §4.2.3 wants one).
    static let retryAfterDefault = Duration.seconds(30)
    private static let retryAfterMin = Duration.seconds(1)

    let acquaintance: UpstreamAcquaintance
    let anchors: [[UInt8]]
    let credential: HTTPTrust.Credential?
    /// The region that the upstream's certificate must name, where one is configured.
    var region: String?

    var client: ESTClient {
        ESTClient(
            acquaintance.url, trust: HTTPTrust(anchors: anchors, credential: credential, region: region),
            clock: acquaintance.clock)
    }

    /// - Parameters:
    ///   - waitLimit: how long somebody may take to agree; nil asks once and throws `pending`.
    func certify(
        _ key: any HubKey, of hub: HubID, on ground: CertificationRequest.Ground, request: [UInt8],
        waitLimit: Duration?, progress: @Sendable (EnrolmentProgress) -> Void
    ) async throws(EnrolmentFault) -> IssuedChain {
        let question = CertificationRequest(use: key.use, request: request, ground: ground)
        var waited = Duration.zero
        while true {
            switch await client.certificates(for: question) {
            case .granted(let certificates):
                do throws(IssuedChainRefusal) {
                    return try await IssuedChain.judging(
                        certificates, for: key, of: hub, anchors: anchors,
                        at: acquaintance.clock.now().wallMilliseconds)
                } catch {
                    throw EnrolmentFault(code: "certificate", error.description)
                }
            case .pending(let asked):
                let delay = max(asked ?? Self.retryAfterDefault, Self.retryAfterMin)
                guard let waitLimit, waited + delay <= waitLimit else {
                    throw EnrolmentFault(
                        code: "pending", "somebody at the upstream has to agree first: run the same again later",
                        .temporary,
                        retryAfter: delay)
                }
                progress(.waits(delay))
                waited += delay
                do {
                    try await Task.sleep(for: delay)
                } catch {
                    throw await acquaintance.explained(.cancelled, anchors: anchors)
                }
            case .refused(let status, let code, let message):
                throw Self.refusal(status: status, code: code, message: message)
            case .failed(let fault, let delay):
                throw await acquaintance.explained(fault, anchors: anchors, retryAfter: delay)
            }
        }
    }

    func profile() async throws(EnrolmentFault) -> UpstreamProfile {
        switch await client.profile() {
        case .granted(let profile): return profile
        case .pending(let delay):
            throw EnrolmentFault(code: "pending", "the upstream is not ready", .temporary, retryAfter: delay)
        case .refused(let status, let code, let message):
            throw Self.refusal(status: status, code: code, message: message)
        case .failed(let fault, let delay):
            throw await acquaintance.explained(fault, anchors: anchors, retryAfter: delay)
        }
    }

    private static func refusal(status: Int, code: String, message: String) -> EnrolmentFault {
        switch code {
        case "token-used":
            EnrolmentFault(
                code: code,
                "\(message): if that was not you, somebody else has it; have the hub revoked, and ask for a new token",
                .blocked)
        case "token-expired", "token-revoked", "token-unknown":
            EnrolmentFault(code: code, "\(message): ask for a new token", .blocked)
        default:
            EnrolmentFault(code: code, "the upstream refuses: \(message)")
        }
    }
}
