import CORProtocol

/// How many live samples of a device are passed on: a burst, and then a rate.
///
/// Each of them may cost an estimate and a line to every watcher, and none is evidence: what is too much is dropped.
struct LiveSampleAllowance: Sendable {
    private let burstMax: Int64
    private let perSecondMax: Int64
    /// Billionths of a sample that may pass now.
    private var credit: Int64
    /// CLOCK_BOOTTIME in ns up to which `credit` is counted.
    private var countedAt: UInt64?

    private static let sample: Int64 = 1_000_000_000

    init(_ limits: SessionLimits) {
        burstMax = Int64(limits.liveSampleBurstMax)
        perSecondMax = Int64(limits.liveSamplesPerSecondMax)
        credit = burstMax * Self.sample
    }

    mutating func takes(at now: TimeBlock) -> Bool {
        if let countedAt, now.boottimeNanoseconds > countedAt {
            // No more than what fills the burst, so that the product stays small.
            let elapsed = min(now.boottimeNanoseconds - countedAt, UInt64(burstMax * Self.sample / perSecondMax))
            credit = min(credit + Int64(elapsed) * perSecondMax, burstMax * Self.sample)
        }
        countedAt = now.boottimeNanoseconds
        guard credit >= Self.sample else { return false }
        credit -= Self.sample
        return true
    }
}
