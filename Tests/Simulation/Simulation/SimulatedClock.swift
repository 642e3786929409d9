import CORProtocol
import HubCore

/// The hub's clocks in virtual time. Elapsed time may run a little too fast or slow, and the wall clock with it, which may
/// stand anywhere.
struct SimulatedClock {
    /// True time at the simulation's beginning: 2026-06-01T12:00:00Z.
    static let beginning: Int64 = 1_780_315_200_000

    private var bootID = [UInt8](repeating: 0, count: 16)
    private var bootedAt: Duration = .zero
    /// How much too fast the clock runs, in millionths.
    private var drift: Int64 = 0
    /// By how much the wall clock was ahead of the truth when it was last set, in ms.
    private(set) var error: Int64 = 0
    private(set) var sync = ClockSync.synchronised

    static func trueMilliseconds(at time: Duration) -> Int64 {
        beginning + time.milliseconds
    }

    /// - Parameters:
    ///   - error: of the wall clock, in ms.
    ///   - drift: in millionths.
    mutating func boot(at time: Duration, error: Int64, sync: ClockSync, drift: Int64) {
        bootID[15] &+= 1
        bootedAt = time
        self.error = error
        self.sync = sync
        self.drift = drift
    }

    /// Somebody moves the wall clock, and tells nobody.
    mutating func step(by milliseconds: Int64) {
        error += milliseconds
    }

    /// A time service sets it.
    mutating func set(at time: Duration) {
        error = -gained(at: time)
        sync = .synchronised
    }

    func block(at time: Duration) -> TimeBlock {
        let gained = gained(at: time)
        let wall = Self.trueMilliseconds(at: time) + error + gained
        return TimeBlock(
            bootID: bootID, boottimeNanoseconds: UInt64((time - bootedAt).milliseconds + gained + 1_000) * 1_000_000,
            wallMilliseconds: min(
                max(wall, CORLimits.unixMilliseconds.lowerBound), CORLimits.unixMilliseconds.upperBound),
            sync: sync, rtcPresent: false)
    }

    private func gained(at time: Duration) -> Int64 {
        (time - bootedAt).milliseconds * drift / 1_000_000
    }
}
