/// The bounds and times of forwarding.
package struct ForwardingPolicy: Sendable, Equatable {
    /// What arrives within this time after the first item shares a batch.
    package var linger: Duration = .seconds(2)
    /// Audit entries alone travel at least this often.
    package var heartbeat: Duration = .seconds(3_600)
    package var backoff = BackoffPolicy()
    /// Failures for this long are an outage that others have as well.
    package var outageMin: Duration = .seconds(600)
    /// After an outage, and where the upstream names a time to all, hubs spread over this much.
    package var spread: Duration = .seconds(60)
    /// Bytes of raw records that are put into batches in 24 hours; nil: as many as there are. Results, gaps, events and
    /// audit entries always go.
    package var rawBytesPerDay: Int?
    /// Encoded bytes of the items of one batch (firmware-specs/constants.yaml); one larger record goes alone.
    package var batchLengthMax = 262_144
    package var batchItemCountMax = 1_000

    package init() {}
}
