import SwiftASN1
import X509

/// Each authority that states its key usage must be allowed to sign certificates (RFC 5280 §4.2.1.3), which
/// `RFC5280Policy` leaves out.
struct CertificateSigningUsagePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.keyUsage]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        for authority in chain.dropFirst() {
            do {
                if let usage = try authority.extensions.keyUsage, !usage.keyCertSign {
                    return .failsToMeetPolicy(reason: "an authority may not sign certificates")
                }
            } catch {
                return .failsToMeetPolicy(reason: "an authority's key usage is malformed")
            }
        }
        return .meetsPolicy
    }
}
