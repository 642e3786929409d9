import FoundationEssentials
import NIOSSL
import SwiftASN1
import X509

/// Which client certificates pass TLS: those of our authorities, old and new, with a role that TLS is for, in their time.
///
/// A hub's passes behind its end too, judged by its last moment, so that a hub that was away can renew, or is told that it was
/// away for too long; what it may do then is decided by `Caller` and `Gate`.
struct ClientAdmission: Sendable {
    private let trust: CertificateTrust
    private let clock: UpstreamClock

    init(roots: [Certificate], clock: @escaping UpstreamClock) {
        trust = CertificateTrust(anchors: roots)
        self.clock = clock
    }

    @Sendable func verdict(on chain: [NIOSSLCertificate]) async throws -> NIOSSLVerificationResult {
        let chain = try chain.map { try $0.toDERBytes() }
        guard let der = chain.first, der.count <= CertificateTrust.certificateLengthMax,
            let leaf = try? Certificate(derEncoded: der)
        else { return .failed }
        let now = Date(milliseconds: clock())
        let time: Date
        switch CertificateRole(of: leaf) {
        case .hubTransport: time = min(now, leaf.notValidAfter)
        case .operator: time = now
        case .server, .hubSigning, .receipt, nil: return .failed
        }
        guard case .trusted = await trust.verdict(chain: chain, at: time) else { return .failed }
        return .certificateVerified
    }
}
