package import HubCore

/// A step that is done, or that is waited for; each is told to whoever watches at a terminal.
package enum EnrolmentProgress: Sendable, Equatable {
    /// The keys are there: made now, or found.
    case keysReady(made: Bool)
    /// The upstream has shown that it is the one that was meant. SHA-256 of its authority's certificate.
    case upstreamKnown(authority: [UInt8])
    /// Somebody at the upstream has to agree; it is asked again after this.
    case waits(Duration)
    case certified(HubKeyUse, until: Int64)
}
