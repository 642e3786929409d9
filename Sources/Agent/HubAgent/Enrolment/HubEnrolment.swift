import CORProtocol
import Glibc
import HubCore
import KeyStore
import UpstreamClient

/// Enrols this hub: makes what keys are missing, has them certified with a one-time token, and puts the certificates
/// beside them. A repetition after an interruption uses the keys that are there.
package struct HubEnrolment: Sendable {
    package struct Enrolled: Sendable, Equatable {
        package var hub: String
        package var environment: String
    }

    private let url: String
    private let hub: String
    private let token: String
    private let authorityFile: String
    private let identityFolder: String

    package init(url: String, hub: String, token: String, authorityFile: String, identityFolder: String) {
        self.url = url
        self.hub = hub
        self.token = token
        self.authorityFile = authorityFile
        self.identityFolder = identityFolder
    }

    package func run() async throws(EnrolmentFault) -> Enrolled {
        guard let hubID = HubID(hub) else {
            throw EnrolmentFault(code: "hub-id", "\"\(hub)\" is not a hub id: 4 to 64 of a-z, 0-9 and hyphens", .usage)
        }
        guard !token.isEmpty else { throw EnrolmentFault(code: "token", "the token is empty", .usage) }
        let upstream = try upstreamURL()
        let authority = try authorityCertificates()
        let requests = try certificateRequests(hubID)
        let enrolment = TokenEnrolment(upstream, upstreamCA: authority, clock: HubClock())
        let outcome = await enrolment.enrol(
            EnrolmentClaim(hubID: hubID, token: token, tlsRequest: requests.tls, signingRequest: requests.signing))
        switch outcome {
        case .granted(let grant):
            do {
                try HubIdentityFolder(path: identityFolder).install(grant, upstreamURL: url)
            } catch {
                throw EnrolmentFault(code: "identity", error.description)
            }
            return Enrolled(hub: grant.hubID.text, environment: grant.environment)
        case .refused(_, let code, let message):
            throw EnrolmentFault(code: code, "the upstream refuses: \(message)")
        case .failed(let fault, _):
            throw EnrolmentFault(code: "upstream", fault.description, fault.isTemporary ? .temporary : .failed)
        }
    }

    private func upstreamURL() throws(EnrolmentFault) -> UpstreamURL {
        do {
            return try UpstreamURL(parsing: url)
        } catch {
            throw EnrolmentFault(code: "url", "\(url): \(error)", .usage)
        }
    }

    private func authorityCertificates() throws(EnrolmentFault) -> [[UInt8]] {
        do {
            return try CertificateFile.read(authorityFile)
        } catch {
            throw EnrolmentFault(code: "ca", "\(authorityFile): \(error)")
        }
    }

    private func certificateRequests(_ hubID: HubID) throws(EnrolmentFault) -> (tls: [UInt8], signing: [UInt8]) {
        try makeParents(of: identityFolder)
        do throws(KeyStoreFault) {
            let keys = try FileKeyStore(folder: identityFolder)
            return (
                try request(try keys.keyMakingIfMissing(for: .tls), hubID),
                try request(try keys.keyMakingIfMissing(for: .signing), hubID)
            )
        } catch {
            throw EnrolmentFault(code: "keys", error.explanation)
        }
    }

    /// The state folder, where neither the package nor the service manager has made it.
    private func makeParents(of path: String) throws(EnrolmentFault) {
        var parent = ""
        for part in path.split(separator: "/").dropLast() {
            parent += parent.isEmpty && !path.hasPrefix("/") ? String(part) : "/\(part)"
            guard mkdir(parent, 0o700) == 0 || errno == EEXIST else {
                throw EnrolmentFault(code: "folder", "\(parent): \(String(cString: strerror(errno)))")
            }
        }
    }

    private func request(_ key: any HubKey, _ hubID: HubID) throws(KeyStoreFault) -> [UInt8] {
        try HubCertificateRequest(hubID: hubID, key: key).bytes
    }
}

extension KeyStorePort {
    fileprivate func keyMakingIfMissing(for use: HubKeyUse) throws(KeyStoreFault) -> any HubKey {
        do throws(KeyStoreFault) {
            return try key(for: use)
        } catch .missing {
            return try makeKey(for: use)
        } catch {
            throw error
        }
    }
}

extension UpstreamFault {
    /// Whoever is not trusted now is not trusted later, as long as nobody does something about it.
    fileprivate var isTemporary: Bool {
        switch self {
        case .tls(.peerNotTrusted), .tls(.peerNameMismatch), .unexpectedAnswer: false
        case .tls, .nameNotResolved, .unreachable, .timedOut, .connectionLost, .unavailable, .cancelled: true
        }
    }
}
