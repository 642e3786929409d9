package import CORProtocol

/// Asks the upstream to certify the hub's keys, and what else a hub has to know of it. How is the adapter's matter (EST).
///
/// Every question may be repeated: the same key gets the same certificate, so that a lost answer costs nothing.
package protocol EnrolmentPort: Sendable {
    /// The certificates of the upstream's authority as it publishes them, DER: roots, and what vouches for them.
    func authorities() async -> EnrolmentAnswer<[[UInt8]]>

    /// DER, in no order: the certificate, and perhaps others that lead on from it.
    func certificates(for request: CertificationRequest) async -> EnrolmentAnswer<[[UInt8]]>

    func profile() async -> EnrolmentAnswer<UpstreamProfile>
}

package enum EnrolmentAnswer<Value: Sendable>: Sendable {
    case granted(Value)
    /// Somebody has to agree first: the same question again, not before that.
    case pending(retryAfter: Duration?)
    /// In the upstream's own words; the same question would be refused again. Untrusted text, printable.
    case refused(status: Int, code: String, message: String)
    case failed(UpstreamFault, retryAfter: Duration?)
}

/// A key that is to be certified, and by what right.
package struct CertificationRequest: Sendable {
    package enum Ground: Sendable {
        /// A one-time token: a secret, never printed or stored.
        case token(hub: HubID, secret: String)
        /// The hub's TLS certificate, behind an enrolment by token.
        case enrolment
        /// The certificate before. A new signing key is vouched for by the one before: ECDSA in DER over `RotationProof.text`.
        case renewal(proof: [UInt8]?)
    }

    package var use: HubKeyUse
    /// PKCS #10 in DER, signed by the key that it names (RFC 2986).
    package var request: [UInt8]
    package var ground: Ground

    package init(use: HubKeyUse, request: [UInt8], ground: Ground) {
        self.use = use
        self.request = request
        self.ground = ground
    }
}

extension CertificationRequest: CustomStringConvertible {
    /// Leaves the token out.
    package var description: String { "certification request for the \(use.rawValue) key" }
}

extension CertificationRequest.Ground: CustomStringConvertible {
    package var description: String {
        switch self {
        case .token(let hub, _): "token of \(hub.text)"
        case .enrolment: "enrolment"
        case .renewal: "renewal"
        }
    }
}

/// What a hub has to know of its upstream beside certificates of the authority.
package struct UpstreamProfile: Sendable, Hashable {
    package var hubID: HubID
    /// Part of what every signature covers: test data cannot pass for production's.
    package var environment: String
    /// PEM: the certificate whose key signs receipts.
    package var receiptCertificate: String

    package init(hubID: HubID, environment: String, receiptCertificate: String) {
        self.hubID = hubID
        self.environment = environment
        self.receiptCertificate = receiptCertificate
    }
}
