import FoundationEssentials
import NIOSSL
import SwiftASN1
import X509

/// Which client certificates pass TLS: those of our authorities, old and new, with a role that TLS is for, in their time; a
/// hub's for a time of grace behind it, so that a hub that was away for long can renew.
struct ClientAdmission: Sendable {
    private let trust: CertificateTrust
    private let grace: Duration
    private let clock: UpstreamClock

    init(roots: [Certificate], grace: Duration, clock: @escaping UpstreamClock) {
        trust = CertificateTrust(anchors: roots)
        self.grace = grace
        self.clock = clock
    }

    @Sendable func verdict(on chain: [NIOSSLCertificate]) async throws -> NIOSSLVerificationResult {
        let chain = try chain.map { try $0.toDERBytes() }
        guard let der = chain.first, der.count <= CertificateTrust.certificateLengthMax,
            let leaf = try? Certificate(derEncoded: der)
        else { return .failed }
        let role = CertificateRole(of: leaf)
        guard role == .hubTransport || role == .operator else { return .failed }
        let now = clock()
        let end = leaf.notValidAfter.milliseconds
        let isInGrace =
            role == .hubTransport && now > end && now - end <= grace.components.seconds * 1000
        let time = isInGrace ? end : now
        guard case .trusted = await trust.verdict(chain: chain, at: Date(milliseconds: time)) else { return .failed }
        return .certificateVerified
    }
}
