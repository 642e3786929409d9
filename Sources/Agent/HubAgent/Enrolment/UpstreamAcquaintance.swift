import CORProtocol
import HubCore
import KeyStore
import UpstreamClient

/// How a hub gets to know its upstream before it tells it anything: by a file, or by a fingerprint.
struct UpstreamAcquaintance: Sendable {
    let url: UpstreamURL
    let clock: any HubClockReading

    /// The authorities in a file that was received by a trusted way; one of them bears the fingerprint, if there is one.
    func authorities(file: String, fingerprint: [UInt8]?) throws(EnrolmentFault) -> [[UInt8]] {
        let found: [[UInt8]]
        do throws(CertificateFile.Fault) {
            found = try CertificateFile.read(file)
        } catch {
            throw EnrolmentFault(code: "ca", "\(file) \(error)")
        }
        guard let fingerprint else { return found }
        guard let named = found.first(where: { Fingerprint.of($0) == fingerprint }) else {
            throw EnrolmentFault(
                code: "wrong-ca",
                "\(file) is not the authority that the token names (SHA-256 \(fingerprint.hexadecimal))")
        }
        return [named]
    }

    /// The authority of this fingerprint, as the upstream itself shows it (RFC 7030 §4.1.1). Nothing but the question goes
    /// out, and what comes is believed by its fingerprint alone.
    func authority(fingerprint: [UInt8]) async throws(EnrolmentFault) -> [[UInt8]] {
        let stranger = ESTClient(url, trust: .unverifiedBootstrap, clock: clock)
        switch await stranger.authorities() {
        case .granted(let published):
            guard let root = AuthorityRollover.root(fingerprint, among: published) else {
                throw EnrolmentFault(
                    code: "wrong-ca",
                    "\(url.host) has another authority than the token names (SHA-256 \(fingerprint.hexadecimal)): wrong"
                        + " address, or somebody in between. The token was not sent")
            }
            return [root]
        case .pending, .refused:
            throw EnrolmentFault(
                code: "not-upstream",
                "\(url.host) does not answer as an upstream does: a captive portal, or a wrong address."
                    + " The token was not sent")
        case .failed(let fault, let delay):
            throw await explained(fault, anchors: nil, retryAfter: delay)
        }
    }

    /// A failure of the connection in words that say what to do. Where certificates are the matter, they are looked at.
    func explained(
        _ fault: UpstreamFault, anchors: [[UInt8]]?, retryAfter: Duration? = nil
    ) async -> EnrolmentFault {
        switch fault {
        case .tls(.peerNotTrusted):
            return await explainedDistrust(anchors ?? [])
        case .tls(.peerNameMismatch):
            return EnrolmentFault(
                code: "wrong-name", "the server's certificate is not for \(url.host): use the name that it is for")
        case .tls(.handshakeFailed(let reason)):
            return EnrolmentFault(
                code: "not-upstream",
                "\(url.host) speaks no TLS as an upstream does (\(reason)): a captive portal, or a wrong address. Nothing was"
                    + " sent", .temporary)
        case .unexpectedAnswer(let reason):
            return EnrolmentFault(
                code: "not-upstream",
                "\(url.host) does not answer as an upstream does (\(reason)): a captive portal, or a wrong address")
        case .nameNotResolved, .unreachable:
            return EnrolmentFault(
                code: "no-network", "\(fault) (\(url.host)): look at the network, then run the same again", .temporary)
        case .tls(.ownCertificateRefused):
            return EnrolmentFault(
                code: "certificate-refused",
                "the upstream does not take this hub's certificate, not even for renewing: enrol again with a new token"
            )
        case .cancelled:
            return EnrolmentFault(
                code: "interrupted", "interrupted; nothing is half done, and the same command goes on", .interrupted)
        case .tls(.otherRegion):
            return EnrolmentFault(code: "other-region", "\(fault)")
        case .timedOut, .connectionLost, .unavailable:
            return EnrolmentFault(
                code: "upstream", "\(fault): run the same again", .temporary, retryAfter: retryAfter)
        }
    }

    private func explainedDistrust(_ anchors: [[UInt8]]) async -> EnrolmentFault {
        let now = clock.now().wallMilliseconds
        switch await ServerChainVerdict(chain: await ShownCertificates.of(url), anchors: anchors) {
        case .notValidNow(let life):
            let isEarly = now < life.beginMilliseconds
            return EnrolmentFault(
                code: "clock",
                "this hub's clock says \(UTCDay.text(now)), and the upstream's certificate is valid from"
                    + " \(UTCDay.text(life.beginMilliseconds)) to \(UTCDay.text(life.endMilliseconds)): "
                    + (isEarly ? "set the clock" : "set the clock, or have the upstream's certificate renewed"),
                .temporary)
        case .otherAuthority(let issuer, let fingerprint):
            return EnrolmentFault(
                code: "wrong-ca",
                "\(url.host) is certified by \"\(issuer)\" (SHA-256 \(fingerprint.hexadecimal)), not by the authority that"
                    + " this hub was given: a captive portal, a proxy, or a wrong file. Nothing was sent")
        case .unreadable:
            return EnrolmentFault(
                code: "wrong-ca",
                "\(url.host) showed no certificate of the authority that this hub was given. Nothing was sent")
        }
    }
}
