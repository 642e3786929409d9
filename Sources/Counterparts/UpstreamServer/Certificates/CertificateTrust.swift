package import FoundationEssentials
import SwiftASN1
@_spi(FixedExpiryValidationTime) package import X509

/// The anchors of one kind of certificate, and the judgement of chains against them.
package struct CertificateTrust: Sendable {
    /// A leaf and its intermediates; more is no chain of ours.
    package static let chainCountMax = 4
    package static let certificateLengthMax = 4096

    private let anchors: CertificateStore
    package let isEmpty: Bool

    package init(anchors: [Certificate]) {
        self.anchors = CertificateStore(anchors)
        isEmpty = anchors.isEmpty
    }

    /// Judges a chain of DER certificates, leaf first, without the root, at a given time.
    package func verdict(chain: [[UInt8]], at time: Date) async -> CertificateVerdict {
        guard !chain.isEmpty else { return .refused("no certificate") }
        guard chain.count <= Self.chainCountMax else { return .refused("more than \(Self.chainCountMax) certificates") }
        var certificates: [Certificate] = []
        for der in chain {
            guard der.count <= Self.certificateLengthMax, let certificate = try? Certificate(derEncoded: der) else {
                return .refused("a certificate that cannot be read")
            }
            certificates.append(certificate)
        }
        let leaf = certificates[0]
        if case .isCertificateAuthority = try? leaf.extensions.basicConstraints {
            return .refused("the signer's certificate is an authority's")
        }
        var verifier = Verifier(rootCertificates: anchors) {
            RFC5280Policy(fixedExpiryValidationTime: time)
            KnownUsagePolicy()
        }
        switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(certificates.dropFirst())) {
        case .validCertificate(let chain): return .trusted(leaf, during: Self.validity(of: chain))
        case .couldNotValidate(let failures):
            return .refused(failures.first.map { "\($0.policyFailureReason)" } ?? "no path to a trusted root")
        }
    }

    /// When every certificate of a chain is valid; the chain was found valid at some time.
    private static func validity(of chain: ValidatedCertificateChain) -> ClosedRange<Date> {
        let first = chain.map(\.notValidBefore).max() ?? .distantFuture
        let last = chain.map(\.notValidAfter).min() ?? .distantPast
        return first...max(first, last)
    }
}

package enum CertificateVerdict: Sendable, Hashable {
    /// The leaf, and the time during which its chain holds.
    case trusted(Certificate, during: ClosedRange<Date>)
    case refused(String)
}

/// Lets a critical extended key usage pass, because the role, not the usage, decides what a leaf may do here.
private struct KnownUsagePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.extendedKeyUsage]

    mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) async -> PolicyEvaluationResult {
        .meetsPolicy
    }
}

extension Certificate {
    /// The one common name of the subject.
    package var commonName: String? {
        let names = subject.flatMap { $0 }.filter { $0.type == .RDNAttributeType.commonName }
        guard names.count == 1, let name = names.first else { return nil }
        return String(name.value)
    }

    /// SHA-256 of the DER form.
    package func derBytes() throws(CertificateFault) -> [UInt8] {
        try faulting("certificate") {
            var serializer = DER.Serializer()
            try serializer.serialize(self)
            return serializer.serializedBytes
        }
    }
}
