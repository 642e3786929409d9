import FoundationEssentials
import SwiftASN1
import X509

/// Which authorities a hub knows its upstream by, after it heard what the upstream publishes (RFC 7030 §4.1.3, RFC 4210 §4.4).
///
/// A new root is taken only by the word of one that is known already: a certificate for its key and name, signed by the
/// known one and valid now ("NewWithOld"). That the connection was trusted is not enough: the server's key is not the
/// authority's. A known root stays until it ends, and where no other is left, beyond that.
package struct AuthorityRollover: Sendable, Hashable {
    /// More than this are no roll-over.
    package static let anchorCountMax = 8

    /// DER.
    package let anchors: [[UInt8]]
    package let added: [[UInt8]]
    package let dropped: [[UInt8]]

    /// - Parameters:
    ///   - pinned: DER, what the hub knows; published: DER, what it heard.
    ///   - now: ms since 1970.
    package init(pinned: [[UInt8]], published: [[UInt8]], at now: Int64) {
        let time = Date(timeIntervalSince1970: TimeInterval(now) / 1000)
        let heard = published.compactMap(Authority.init)
        var known = pinned.compactMap(Authority.init)
        var added: [[UInt8]] = []
        // One roll-over may stand on another: so again until nothing is new.
        var isNew = true
        while isNew, known.count < Self.anchorCountMax {
            isNew = false
            for root in heard
            where root.isRoot && root.isValid(at: time) && !known.contains(where: { $0.der == root.der }) {
                let isVouchedFor = heard.contains { word in
                    word.isFor(root) && word.isValid(at: time)
                        && known.contains { $0.isValid(at: time) && $0.hasSigned(word) }
                }
                guard isVouchedFor, known.count < Self.anchorCountMax else { continue }
                known.append(root)
                added.append(root.der)
                isNew = true
            }
        }
        let isOneValid = known.contains { $0.isValid(at: time) }
        let ended = known.filter { isOneValid && $0.certificate.notValidAfter < time }.map(\.der)
        // What cannot be read is no authority, and is kept out by whoever reads the folder.
        anchors = known.map(\.der).filter { !ended.contains($0) }
        self.added = added
        dropped = ended
    }

    private struct Authority {
        let der: [UInt8]
        let certificate: Certificate

        /// nil for what is no certificate of an authority.
        init?(_ der: [UInt8]) {
            guard let certificate = try? Certificate(derEncoded: der),
                case .isCertificateAuthority = try? certificate.extensions.basicConstraints
            else { return nil }
            self.der = der
            self.certificate = certificate
        }

        var isRoot: Bool { certificate.issuer == certificate.subject && hasSigned(self) }

        func isValid(at time: Date) -> Bool {
            certificate.notValidBefore <= time && time <= certificate.notValidAfter
        }

        func hasSigned(_ other: Authority) -> Bool {
            other.certificate.issuer == certificate.subject
                && certificate.publicKey.isValidSignature(other.certificate.signature, for: other.certificate)
        }

        func isFor(_ root: Authority) -> Bool {
            der != root.der && certificate.publicKey == root.certificate.publicKey
                && certificate.subject == root.certificate.subject
        }
    }
}

extension AuthorityRollover {
    /// The root that bears this fingerprint, SHA-256 of its DER; nil where none does.
    package static func root(_ fingerprint: [UInt8], among published: [[UInt8]]) -> [UInt8]? {
        published.first { Fingerprint.of($0) == fingerprint && Authority($0)?.isRoot == true }
    }
}
