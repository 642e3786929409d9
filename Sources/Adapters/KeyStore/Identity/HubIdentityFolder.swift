import CORProtocol
package import HubCore
import JSONCoding
import SwiftASN1
import X509

/// The identity folder: {tls.key, tls.pem, signing.key, signing.pem, upstream-ca.pem, receipt.pem, hub.json}.
///
/// The keys are the key store's matter; this type reads and writes what stands beside them.
package struct HubIdentityFolder: Sendable {
    static let fileLengthMax = 65536

    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// Writes what enrolment gave, `hub.json` last: a folder without it is not enrolled, so an interrupted enrolment
    /// leaves nothing half usable.
    package func install(_ grant: EnrolmentGrant, upstreamURL: String) throws(IdentityFault) {
        let description: JSONValue = .object([
            JSONMember(name: "hub", value: .string(grant.hubID.text)),
            JSONMember(name: "environment", value: .string(grant.environment)),
            JSONMember(name: "upstream", value: .string(upstreamURL)),
        ])
        try write(grant.tlsChain.joined(separator: "\n"), to: .tlsChain)
        try write(grant.signingChain.joined(separator: "\n"), to: .signingChain)
        try write(grant.upstreamCA, to: .upstreamCA)
        try write(grant.receiptCertificate, to: .receiptCertificate)
        try write(description.serialized(pretty: true), to: .hub)
    }

    enum File: String {
        case tlsChain = "tls.pem"
        case signingChain = "signing.pem"
        case upstreamCA = "upstream-ca.pem"
        case receiptCertificate = "receipt.pem"
        case hub = "hub.json"
    }

    func path(of file: File) -> String { "\(path)/\(file.rawValue)" }

    func read(_ file: File) throws(IdentityFault) -> [UInt8] {
        do throws(DurableFile.Fault) {
            return try DurableFile.read(path(of: file), lengthMax: Self.fileLengthMax).bytes
        } catch .missing {
            throw .missing(path: path(of: file))
        } catch {
            throw .unreadable(path: path(of: file), errno: error.errno)
        }
    }

    private func write(_ text: String, to file: File) throws(IdentityFault) {
        let line = text.hasSuffix("\n") ? text : text + "\n"
        do throws(DurableFile.Fault) {
            try DurableFile.write(Array(line.utf8), to: file.rawValue, in: path, mode: 0o600, replacing: true)
        } catch {
            throw .notWritten(path: path(of: file), errno: error.errno)
        }
    }
}
