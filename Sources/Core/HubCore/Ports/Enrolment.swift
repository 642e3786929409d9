package import CORProtocol

/// Asks the upstream to certify the hub's keys. How it is asked (a one-time token now) is the adapter's matter.
package protocol EnrolmentPort: Sendable {
    /// Spends the claim: a request is never repeated by itself.
    func enrol(_ claim: EnrolmentClaim) async -> EnrolmentOutcome
}

/// What the hub shows for itself, and the keys to be certified.
package struct EnrolmentClaim: Sendable {
    package var hubID: HubID
    /// One-time token; a secret, never printed or stored.
    package var token: String
    /// PKCS #10 certification requests in DER, signed by the key that each names (RFC 2986).
    package var tlsRequest: [UInt8]
    package var signingRequest: [UInt8]

    package init(hubID: HubID, token: String, tlsRequest: [UInt8], signingRequest: [UInt8]) {
        self.hubID = hubID
        self.token = token
        self.tlsRequest = tlsRequest
        self.signingRequest = signingRequest
    }
}

extension EnrolmentClaim: CustomStringConvertible {
    /// Leaves the token out.
    package var description: String { "claim of \(hubID.text)" }
}

package enum EnrolmentOutcome: Sendable, Hashable {
    case granted(EnrolmentGrant)
    case refused(status: Int, code: String, message: String)
    /// The claim may or may not be spent: the answer did not arrive.
    case failed(UpstreamFault, retryAfter: Duration?)
}

/// What the upstream gives a hub at enrolment. Certificates as PEM text.
package struct EnrolmentGrant: Sendable, Hashable {
    package var hubID: HubID
    /// Part of what every signature covers: test data cannot pass for production's.
    package var environment: String
    /// The hub's own certificate first.
    package var tlsChain: [String]
    package var signingChain: [String]
    package var upstreamCA: String
    package var receiptCertificate: String

    package init(
        hubID: HubID, environment: String, tlsChain: [String], signingChain: [String], upstreamCA: String,
        receiptCertificate: String
    ) {
        self.hubID = hubID
        self.environment = environment
        self.tlsChain = tlsChain
        self.signingChain = signingChain
        self.upstreamCA = upstreamCA
        self.receiptCertificate = receiptCertificate
    }
}
