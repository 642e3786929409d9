/// What came of one attempt to renew certificates.
package enum RenewalOutcome: Sendable, Hashable {
    /// The certificates that are in use now, all of them, and whose keys are new.
    case renewed([HubKeyUse: CertificateLife], rotated: Set<HubKeyUse>)
    /// Somebody at the upstream has to agree first.
    case pending(retryAfter: Duration?)
    /// In the upstream's words, or because of what it sent; the same would be refused again.
    case refused(code: String, message: String)
    /// The upstream was not reached, or has no time.
    case failed(reason: String, retryAfter: Duration?)
}
