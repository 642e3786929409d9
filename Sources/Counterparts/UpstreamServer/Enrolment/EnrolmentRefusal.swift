/// Why no certificate was given.
///
/// Whoever holds a token's 160 bits is told what became of it; all that a guesser learns is that it is unknown.
package enum EnrolmentRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// No such token, or one of another hub.
    case tokenUnknown
    case tokenExpired(atMilliseconds: Int64)
    case tokenRevoked
    /// It was used already, for another key: one of the two who used it is not who it was made for.
    case tokenUsed(atMilliseconds: Int64)
    case request(CertificateFault)
    /// A new signing key without a proof by the one before.
    case rotationUnproven
    /// The certificate that asks was revoked, or replaced by another that is in use.
    case certificateBarred
    case storage(SQLiteFailure)

    /// As HTTP answers carry it.
    package var code: String {
        switch self {
        case .tokenUnknown: "token-unknown"
        case .tokenExpired: "token-expired"
        case .tokenRevoked: "token-revoked"
        case .tokenUsed: "token-used"
        case .request: "request-refused"
        case .rotationUnproven: "rotation-unproven"
        case .certificateBarred: "certificate-barred"
        case .storage: "unavailable"
        }
    }

    package var description: String {
        switch self {
        case .tokenUnknown: "there is no such token for this hub"
        case .tokenExpired(let time): "the token expired at \(UTCText.of(time))"
        case .tokenRevoked: "the token was revoked"
        case .tokenUsed(let time): "the token was used at \(UTCText.of(time)), for another key"
        case .request(let fault): fault.description
        case .rotationUnproven: "the new signing key is not vouched for by the one before"
        case .certificateBarred: "the hub's certificate was revoked or replaced"
        case .storage(let failure): failure.description
        }
    }
}
