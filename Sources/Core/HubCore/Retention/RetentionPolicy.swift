package import CORProtocol

/// How long content stays on the hub behind a verified receipt. Rows and hashes stay for tracing.
package struct RetentionPolicy: Sendable, Equatable {
    package var records: Duration = .seconds(30 * 86_400)
    package var batches: Duration = .seconds(30 * 86_400)
    /// Results, gaps and events.
    package var entries: Duration = .seconds(365 * 86_400)
    package var audit: Duration = .seconds(365 * 86_400)
    /// Refused bytes, which wait for no receipt: the gap that names them does.
    package var quarantine: Duration = .seconds(90 * 86_400)
    /// Refused bytes in all; beyond it the oldest go.
    package var quarantineLengthMax = 64 << 20

    package init() {}

    /// What may go now. By its age nothing goes before a receipt of this boot has confirmed the clock: a wrong clock must
    /// destroy nothing.
    ///
    /// Where room is short, what a receipt covers goes at once, whatever its age: the upstream has it.
    package func cut(
        at now: TimeBlock, trust: ClockTrust, pressure: StoragePressure = .none
    ) -> RetentionCut? {
        let isShort = pressure >= .warning
        guard isShort ? trust.verdict(at: now) == .trusted : trust.isConfirmed(at: now) else { return nil }
        func before(_ age: Duration) -> Int64 {
            now.wallMilliseconds - (isShort ? 0 : age.milliseconds)
        }
        return RetentionCut(
            recordsBefore: before(records), batchesBefore: before(batches), entriesBefore: before(entries),
            auditBefore: before(audit), quarantineBefore: now.wallMilliseconds - quarantine.milliseconds,
            quarantineLengthMax: pressure >= .noDiagnostics ? 0 : quarantineLengthMax)
    }
}

extension Duration {
    package var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
