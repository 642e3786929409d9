import CORProtocol
import DurableFiles
import Glibc
package import HubCore
import JSONCoding
import TextEncodings

/// The identity folder: {tls.pem, signing.pem, signing-earlier.pem, upstream-ca.pem, receipt.pem, hub.json}.
///
/// The keys are the key store's matter; this type reads and writes what stands beside them. Each file is written whole or not
/// at all, and `hub.json` comes last: a folder without it is not enrolled, so an interrupted enrolment leaves nothing half
/// usable, and the next attempt goes on from what is there.
package struct HubIdentityFolder: Sendable {
    static let fileLengthMax = 65536
    /// Signing certificates of before that are kept, so that batches of before can be checked.
    static let earlierCountMax = 32

    package let path: String

    package init(path: String) {
        self.path = path
    }

    package var isEnrolled: Bool { access(path(of: .hub), F_OK) == 0 }

    /// Certificates of authorities that the upstream is known by; DER, at least one.
    package func install(authorities: [[UInt8]]) throws(IdentityFault) {
        try write(PEMCertificates.text(of: authorities), to: .upstreamCA)
    }

    /// A chain that was judged (`IssuedChain`). The signing certificate of before is kept among the earlier ones first.
    package func install(_ chain: IssuedChain, for use: HubKeyUse) throws(IdentityFault) {
        switch use {
        case .tls:
            try write(PEMCertificates.text(of: chain.der), to: .tlsChain)
        case .signing:
            try keepEarlierSigning(besides: chain)
            try write(PEMCertificates.text(of: chain.der), to: .signingChain)
        }
    }

    /// Says that everything else is there.
    package func complete(_ profile: UpstreamProfile, upstreamURL: String) throws(IdentityFault) {
        guard PEMCertificates.parse(Array(profile.receiptCertificate.utf8)) != nil else {
            throw .malformed(path: path(of: .receiptCertificate), reason: "the upstream sent no receipt certificate")
        }
        let description: JSONValue = .object([
            JSONMember(name: "hub", value: .string(profile.hubID.text)),
            JSONMember(name: "environment", value: .string(profile.environment)),
            JSONMember(name: "upstream", value: .string(upstreamURL)),
        ])
        try write(profile.receiptCertificate, to: .receiptCertificate)
        try write(description.serialized(pretty: true), to: .hub)
    }

    /// Whether the last enrolment that began was by this token: then its keys are there, and no others are made.
    package func isEnrolling(by token: [UInt8]) -> Bool {
        do throws(IdentityFault) {
            return try read(.enrolledBy) == Array(Hexadecimal.text(of: Fingerprint.of(token)).utf8) + [0x0A]
        } catch {
            return false
        }
    }

    package func beginEnrolling(by token: [UInt8]) throws(IdentityFault) {
        try write(Hexadecimal.text(of: Fingerprint.of(token)), to: .enrolledBy)
    }

    enum File: String {
        case tlsChain = "tls.pem"
        case signingChain = "signing.pem"
        case earlierSigning = "signing-earlier.pem"
        case upstreamCA = "upstream-ca.pem"
        case receiptCertificate = "receipt.pem"
        case hub = "hub.json"
        /// SHA-256 of the token by which the hub is enrolled, or is being enrolled.
        case enrolledBy = "enrolled-by"
    }

    func path(of file: File) -> String { "\(path)/\(file.rawValue)" }

    func read(_ file: File) throws(IdentityFault) -> [UInt8] {
        do throws(FileFault) {
            return try DurableFile(path(of: file)).contents(lengthMax: Self.fileLengthMax).bytes
        } catch {
            throw error.isMissing
                ? .missing(path: path(of: file)) : .unreadable(path: path(of: file), errno: error.code)
        }
    }

    /// DER; nothing where there is no such file.
    func certificatesIfPresent(_ file: File) throws(IdentityFault) -> [[UInt8]] {
        let bytes: [UInt8]
        do throws(IdentityFault) {
            bytes = try read(file)
        } catch .missing {
            return []
        } catch {
            throw error
        }
        guard let parsed = PEMCertificates.parse(bytes) else {
            throw .malformed(path: path(of: file), reason: "no certificates in PEM form")
        }
        return parsed.der
    }

    private func keepEarlierSigning(besides chain: IssuedChain) throws(IdentityFault) {
        guard let present = try certificatesIfPresent(.signingChain).first, present != chain.der.first else { return }
        let earlier = try certificatesIfPresent(.earlierSigning).filter { $0 != present }
        try write(PEMCertificates.text(of: ([present] + earlier).prefix(Self.earlierCountMax)), to: .earlierSigning)
    }

    private func write(_ text: String, to file: File) throws(IdentityFault) {
        let line = text.hasSuffix("\n") ? text : text + "\n"
        do throws(FileFault) {
            try DurableFile(path(of: file)).replace(with: Array(line.utf8), access: .owner)
        } catch {
            throw .notWritten(path: path(of: file), errno: error.code)
        }
    }
}
