package import CORProtocol

/// The hub's clocks, read together: boot id, elapsed time, wall time and how far the wall time can be trusted.
///
/// Elapsed time is measured by `boottimeNanoseconds`; `wallMilliseconds` is only signed and compared with expiry dates.
package protocol HubClockReading: Sendable {
    /// Never fails: what cannot be known is said in the block (`sync` = never, `rtcPresent` = false).
    func now() -> TimeBlock

    /// When a time service last knew the time, in this boot or an earlier one; ms since 1970. Nil where there is none.
    func timeServiceStamp() -> Int64?
}

extension HubClockReading {
    package func timeServiceStamp() -> Int64? { nil }
}
