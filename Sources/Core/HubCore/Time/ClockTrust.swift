package import CORProtocol

/// How far the hub's wall clock can be believed: by what cannot be set back, and by what the upstream signed.
///
/// A receipt bounds the time from both sides. The upstream signed it before it came, and after its batch was cut; elapsed
/// time of this boot carries both bounds on. Nothing that destroys is done under a clock that is not trusted (threat 12).
package struct ClockTrust: Sendable, Equatable {
    package enum Verdict: Sendable, Hashable {
        case trusted
        case untrusted(Doubt)
    }

    package enum Doubt: String, Sendable, Hashable {
        /// It shows a time before the floor.
        case behindFloor = "behind-floor"
        /// It shows an earlier time than the newest receipt of this boot allows.
        case behindReceipt = "behind-receipt"
        /// It shows a later time than the newest receipt of this boot allows.
        case aheadOfReceipt = "ahead-of-receipt"
        /// No time service has set it in this boot, and no receipt confirms it.
        case neverSet = "never-set"
    }

    /// 2026-01-01T00:00:00Z, before which this release did not exist.
    package static let releaseFloorMilliseconds: Int64 = 1_767_225_600_000
    /// By how much a clock may differ from what receipts say, beside the time that the batch was under way.
    package static let toleranceMilliseconds: Int64 = 600_000
    /// A batch that was under way for longer says nothing about how far the clock is ahead that would be of use.
    private static let underWayMax: Int64 = 86_400_000

    /// Of this boot; elapsed time ties the bounds to now.
    private struct Witness: Sendable, Equatable {
        var bootID: [UInt8]
        /// When the receipt came, and when its batch was cut; CLOCK_BOOTTIME in ms.
        var received: Int64
        var cut: Int64
        var upstreamMilliseconds: Int64
    }

    /// The wall clock never stands before this: the release, the time service's stamp, the newest receipt ever.
    package private(set) var floorMilliseconds: Int64
    private var witness: Witness?

    /// - Parameters:
    ///   - newestReceiptMilliseconds: the upstream's time in the newest receipt that is stored.
    ///   - stampMilliseconds: when the time service last knew the time, in this boot or an earlier one.
    package init(newestReceiptMilliseconds: Int64? = nil, stampMilliseconds: Int64? = nil) {
        floorMilliseconds = max(
            Self.releaseFloorMilliseconds, newestReceiptMilliseconds ?? .min, stampMilliseconds ?? .min)
    }

    /// A receipt was verified.
    ///
    /// - Parameters:
    ///   - cut: the hub's clocks when the receipt's batch was cut.
    package mutating func verified(upstreamMilliseconds: Int64, cut: TimeBlock, at now: TimeBlock) {
        floorMilliseconds = max(floorMilliseconds, upstreamMilliseconds)
        guard cut.bootID == now.bootID, cut.boottimeNanoseconds <= now.boottimeNanoseconds,
            now.boottimeMilliseconds - cut.boottimeMilliseconds <= Self.underWayMax
        else { return }
        witness = Witness(
            bootID: now.bootID, received: now.boottimeMilliseconds, cut: cut.boottimeMilliseconds,
            upstreamMilliseconds: upstreamMilliseconds)
    }

    /// Whether a receipt of this boot bounds the clock, and it is within the bounds. A time service may be wrong by years
    /// and say that it is not; the upstream's signature is the only word that a hub cannot be made to give itself.
    package func isConfirmed(at now: TimeBlock) -> Bool {
        witness?.bootID == now.bootID && verdict(at: now) == .trusted
    }

    package func verdict(at now: TimeBlock) -> Verdict {
        guard now.wallMilliseconds >= floorMilliseconds - Self.toleranceMilliseconds,
            now.wallMilliseconds >= Self.releaseFloorMilliseconds
        else { return .untrusted(.behindFloor) }
        guard let witness, witness.bootID == now.bootID else {
            return now.sync == .never ? .untrusted(.neverSet) : .trusted
        }
        let elapsed = now.boottimeMilliseconds
        let earliest = witness.upstreamMilliseconds + (elapsed - witness.received) - Self.toleranceMilliseconds
        let latest = witness.upstreamMilliseconds + (elapsed - witness.cut) + Self.toleranceMilliseconds
        if now.wallMilliseconds < earliest { return .untrusted(.behindReceipt) }
        if now.wallMilliseconds > latest { return .untrusted(.aheadOfReceipt) }
        return .trusted
    }
}

extension TimeBlock {
    /// CLOCK_BOOTTIME.
    package var boottimeMilliseconds: Int64 { Int64(clamping: boottimeNanoseconds / 1_000_000) }
}
