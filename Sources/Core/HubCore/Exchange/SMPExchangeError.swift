/// Why an exchange gave a request up.
package enum SMPExchangeError: Error, Sendable, Hashable {
    /// No attempt was answered in its time. Whether the device acted is uncertain.
    case timedOut(attemptCount: Int)
    /// The link went away while the request waited or was outstanding.
    case linkGone(LinkGoneReason)
    /// `SMPExchangeLimits.queueCountMax` requests wait already.
    case queueFull(max: Int)
    /// The payload does not fit `SMPLimits.payloadLengthMax`.
    case requestTooLong(length: Int, max: Int)
}
