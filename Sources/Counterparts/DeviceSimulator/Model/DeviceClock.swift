/// The device's two clocks: one counts from its boot, the other is what the hub last set.
package struct DeviceClock: Sendable, Hashable {
    /// Of the simulation, at the boot; may lie before its start.
    private var bootedAt: Duration
    /// Wall clock minus the simulation's time, in ms; nil while it was never set.
    private var wallOffsetMilliseconds: Int64?

    /// The latest wall time: firmware-specs/cddl/common.cddl, `unix-ms`.
    private static let wallMillisecondsMax: Int64 = 253_402_300_799_999

    package init(bootedAt: Duration) {
        self.bootedAt = bootedAt
    }

    package func uptimeMilliseconds(at now: Duration) -> UInt64 {
        UInt64(max((now - bootedAt).milliseconds, 0))
    }

    package func wallMilliseconds(at now: Duration, ahead seconds: Int = 0) -> Int64? {
        wallOffsetMilliseconds.map { offset in
            min(max(offset + now.milliseconds + Int64(seconds) * 1_000, 0), Self.wallMillisecondsMax)
        }
    }

    package mutating func set(wallMilliseconds: Int64, at now: Duration) {
        wallOffsetMilliseconds = wallMilliseconds - now.milliseconds
    }

    /// The uptime begins anew; the wall clock has a cell of its own and goes on.
    package mutating func restarted(at now: Duration) {
        bootedAt = now
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero.
    var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
