package import CORProtocol

/// How a hub that has no certificate yet gets its first ones.
///
/// The routes know this seam only, so that EST (RFC 7030) can stand in for the one-time token.
package protocol EnrolmentScheme: Sendable {
    /// - Throws: `EnrolmentRefusal`; nothing was granted then.
    func enrol(
        _ request: EnrolmentRequest, credential: EnrolmentCredential
    ) async throws(EnrolmentRefusal) -> EnrolmentGrant
}

/// What HTTP Basic carries: the hub's id and its token.
package struct EnrolmentCredential: Sendable, Hashable {
    package var hub: HubID
    package var token: EnrolmentToken

    package init(hub: HubID, token: EnrolmentToken) {
        self.hub = hub
        self.token = token
    }
}

package enum EnrolmentRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// Unknown, of another hub, used, expired or revoked: the caller is not told which.
    case credential
    case request(CertificateFault)
    case storage(SQLiteFailure)

    package var description: String {
        switch self {
        case .credential: "hub id and one-time token were not accepted"
        case .request(let fault): fault.description
        case .storage(let failure): failure.description
        }
    }
}
