import CORProtocol
import NIOCore
import NIOSSL
import SwiftASN1
import X509

/// Who asks, as TLS vouches for it. The listener has checked the chain; the role and the standing are checked here.
enum Caller: Sendable, Hashable {
    /// No client certificate.
    case anonymous
    case hub(HubID)
    case `operator`(name: String)
    /// A certificate of our authority that entitles to nothing here: revoked, or of another role.
    case barred(name: String)

    /// As the access log names it.
    var description: String {
        switch self {
        case .anonymous: "anonymous"
        case .hub(let hub): "hub \(hub.text)"
        case .operator(let name): "operator \(name)"
        case .barred(let name): "barred \(name)"
        }
    }

    init(of channel: any Channel, desk: EnrolmentDesk) async throws(APIFailure) {
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
        let standing: EnrolmentDesk.Standing
        do throws(SQLiteFailure) {
            standing = try await desk.standing(ofThumbprint: SHA256Hash.of(der))
        } catch {
            throw .unavailable
        }
        switch (standing, CertificateRole(of: certificate)) {
        case (.good, .hubTransport):
            self = HubID(name).map { .hub($0) } ?? .barred(name: name)
        case (.good, .operator):
            self = .operator(name: name)
        case (.good, .server), (.good, .hubSigning), (.good, .receipt), (.good, nil), (.revoked, _), (.unknown, _):
            self = .barred(name: name)
        }
    }
}
