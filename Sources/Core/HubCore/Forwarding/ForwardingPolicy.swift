/// The bounds and times of forwarding.
package struct ForwardingPolicy: Sendable, Equatable {
    /// What arrives within this time after the first item shares a batch.
    package var linger: Duration = .seconds(2)
    /// Audit entries alone travel at least this often.
    package var heartbeat: Duration = .seconds(3_600)
    package var backoff = BackoffPolicy()
    /// Encoded bytes of the items of one batch (firmware-specs/constants.yaml); one larger record goes alone.
    package var batchLengthMax = 262_144
    package var batchItemCountMax = 1_000

    package init() {}
}
