import CORProtocol
import HubCore

/// The hub's clocks in virtual time: elapsed time is right, the wall clock may not be.
struct SimulatedClock {
    /// True time at the simulation's beginning: 2026-06-01T12:00:00Z.
    static let beginning: Int64 = 1_780_315_200_000

    var bootCount: UInt8 = 0
    var bootedAt: Duration = .zero
    /// By how much the wall clock is ahead of the truth, in ms.
    var error: Int64 = 0
    var sync = ClockSync.synchronised

    static func trueMilliseconds(at time: Duration) -> Int64 {
        beginning + time.milliseconds
    }

    func block(at time: Duration) -> TimeBlock {
        let wall = Self.trueMilliseconds(at: time) + error
        return TimeBlock(
            bootID: [UInt8](repeating: bootCount, count: 16),
            boottimeNanoseconds: UInt64((time - bootedAt).milliseconds + 1_000) * 1_000_000,
            wallMilliseconds: min(
                max(wall, CORLimits.unixMilliseconds.lowerBound), CORLimits.unixMilliseconds.upperBound),
            sync: sync, rtcPresent: false)
    }
}
