package import FoundationEssentials
import Glibc

/// The time in milliseconds since 1970, passed in so that tests choose it.
package typealias UpstreamClock = @Sendable () -> Int64

/// The machine's wall clock.
package let systemClock: UpstreamClock = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

extension Date {
    package init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: TimeInterval(milliseconds) / 1000)
    }

    var milliseconds: Int64 { Int64(timeIntervalSince1970 * 1000) }
}
