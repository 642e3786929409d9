import CORProtocol
import NIOCore
import NIOSSL
import SwiftASN1
import X509

/// Who asks, as TLS vouches for it. The listener has checked the chain; the role and the standing are checked here.
enum Caller: Sendable, Hashable {
    /// No client certificate.
    case anonymous
    case hub(HubID, thumbprint: SHA256Hash)
    /// A hub whose certificate has expired and may still be followed by another.
    case hubInGrace(HubID, thumbprint: SHA256Hash)
    /// A hub whose certificate has expired and may not be followed by another any more.
    case hubEnded(HubID)
    case `operator`(name: String)
    /// A certificate of our authority that entitles to nothing here: revoked, or of another role.
    case barred(name: String)

    /// As the access log names it.
    var description: String {
        switch self {
        case .anonymous: "anonymous"
        case .hub(let hub, _): "hub \(hub.text)"
        case .hubInGrace(let hub, _), .hubEnded(let hub): "expired hub \(hub.text)"
        case .operator(let name): "operator \(name)"
        case .barred(let name): "barred \(name)"
        }
    }

    /// What a hub renews by.
    var hubCertificate: HubCertificate? {
        switch self {
        case .hub(let hub, let thumbprint), .hubInGrace(let hub, let thumbprint):
            HubCertificate(hub: hub, thumbprint: thumbprint)
        case .anonymous, .hubEnded, .operator, .barred: nil
        }
    }

    init(of channel: any Channel, desk: EnrolmentDesk, at now: Int64, grace: Duration) async throws(APIFailure) {
        let peer: NIOSSLCertificate?
        do { peer = try await channel.nioSSL_peerCertificate().get() } catch { throw .internalFailure }
        guard let peer else {
            self = .anonymous
            return
        }
        guard let der = try? peer.toDERBytes(), let certificate = try? Certificate(derEncoded: der) else {
            throw .forbidden
        }
        let name = certificate.commonName ?? "?"
        let thumbprint = SHA256Hash.of(der)
        // The listener takes an expired certificate of a hub, and no other.
        let end = certificate.notValidAfter.milliseconds
        let isExpired = end < now
        let standing: EnrolmentDesk.Standing
        do throws(SQLiteFailure) {
            standing = try await desk.standing(ofThumbprint: thumbprint)
            if standing == .good, !isExpired { try await desk.noteUse(ofThumbprint: thumbprint) }
        } catch {
            throw .unavailable
        }
        switch (standing, CertificateRole(of: certificate)) {
        case (.good, .hubTransport):
            guard let hub = HubID(name) else {
                self = .barred(name: name)
                return
            }
            if !isExpired {
                self = .hub(hub, thumbprint: thumbprint)
            } else if now - end <= grace.components.seconds * 1000 {
                self = .hubInGrace(hub, thumbprint: thumbprint)
            } else {
                self = .hubEnded(hub)
            }
        case (.good, .operator):
            self = .operator(name: name)
        case (.good, .server), (.good, .hubSigning), (.good, .receipt), (.good, nil), (.revoked, _), (.unknown, _):
            self = .barred(name: name)
        }
    }
}
