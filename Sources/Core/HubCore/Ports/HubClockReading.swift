package import CORProtocol

/// The hub's clocks, read together: boot id, elapsed time, wall time and how far the wall time can be trusted.
///
/// Elapsed time is measured by `boottimeNanoseconds`; `wallMilliseconds` is only signed and compared with expiry dates.
package protocol HubClockReading: Sendable {
    /// Never fails: what cannot be known is said in the block (`sync` = never, `rtcPresent` = false).
    func now() -> TimeBlock
}
