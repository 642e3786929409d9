package import CORProtocol

/// How long content stays on the hub behind a verified receipt. Rows and hashes stay for tracing.
package struct RetentionPolicy: Sendable, Equatable {
    package var records: Duration = .seconds(30 * 86_400)
    package var batches: Duration = .seconds(30 * 86_400)
    package var entries: Duration = .seconds(365 * 86_400)

    package init() {}

    /// What may go now. Nothing while the clock is not trusted: a wrong clock must destroy nothing.
    package func cut(at now: TimeBlock, trust: ClockTrust) -> RetentionCut? {
        guard trust.verdict(at: now) == .trusted else { return nil }
        return RetentionCut(
            recordsBefore: now.wallMilliseconds - records.milliseconds,
            batchesBefore: now.wallMilliseconds - batches.milliseconds,
            entriesBefore: now.wallMilliseconds - entries.milliseconds)
    }
}

extension Duration {
    package var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
