import CORProtocol
import HubCore
import Testing

@Suite("Whether the hub's clock can be believed")
struct ClockTrustTests {
    private let tolerance = ClockTrust.toleranceMilliseconds

    /// The hub so many seconds after boot, its wall clock off by `error` ms.
    private func hub(_ seconds: Double, error: Int64 = 0, sync: ClockSync = .never, boot: UInt8 = 7) -> TimeBlock {
        var now = TimeBlock.at(seconds)
        now.bootID = [UInt8](repeating: boot, count: 16)
        now.wallMilliseconds += error
        now.sync = sync
        return now
    }

    /// What a receipt says that was signed so many seconds after boot.
    private func upstream(_ seconds: Double) -> Int64 { TimeBlock.at(seconds).wallMilliseconds }

    @Test("A clock that nobody set is not trusted, one that a time service set is")
    func sync() {
        let trust = ClockTrust()
        #expect(trust.verdict(at: hub(10)) == .untrusted(.neverSet))
        #expect(trust.verdict(at: hub(10, sync: .stepped)) == .trusted)
        #expect(trust.verdict(at: hub(10, sync: .synchronised)) == .trusted)
    }

    @Test("Threat 12: a clock before the newest receipt or the time service's stamp is not trusted, whoever set it")
    func floor() {
        for trust in [
            ClockTrust(newestReceiptMilliseconds: upstream(0)), ClockTrust(stampMilliseconds: upstream(0)),
            ClockTrust(newestReceiptMilliseconds: upstream(-500_000), stampMilliseconds: upstream(0)),
        ] {
            #expect(trust.floorMilliseconds == upstream(0))
            #expect(trust.verdict(at: hub(0, error: -tolerance, sync: .synchronised)) == .trusted)
            #expect(
                trust.verdict(at: hub(0, error: -tolerance - 1, sync: .synchronised)) == .untrusted(.behindFloor))
        }
        #expect(ClockTrust(newestReceiptMilliseconds: 5).floorMilliseconds == ClockTrust.releaseFloorMilliseconds)
        #expect(ClockTrust().verdict(at: .in1970) == .untrusted(.behindFloor))
    }

    @Test("A receipt of this boot confirms a clock that nobody set")
    func confirmed() {
        var trust = ClockTrust()
        trust.verified(upstreamMilliseconds: upstream(101), cut: hub(100), at: hub(102))
        #expect(trust.verdict(at: hub(103)) == .trusted)
        #expect(trust.verdict(at: hub(90_000)) == .trusted)
        // In the next boot elapsed time begins anew, and only the floor is left.
        #expect(trust.verdict(at: hub(90_000, boot: 8)) == .untrusted(.neverSet))
        #expect(trust.verdict(at: hub(90, boot: 8)) == .untrusted(.neverSet))
    }

    @Test("Threat 12: a clock that was moved against the receipts of this boot is not trusted, whoever moved it")
    func moved() {
        var trust = ClockTrust()
        trust.verified(upstreamMilliseconds: upstream(101), cut: hub(100), at: hub(102))
        for sync in [ClockSync.never, .stepped, .synchronised] {
            func verdict(_ seconds: Double, _ error: Int64) -> ClockTrust.Verdict {
                trust.verdict(at: hub(seconds, error: error, sync: sync))
            }
            let year: Int64 = 365 * 86_400_000
            #expect(verdict(1_000, 20 * year) == .untrusted(.aheadOfReceipt))
            // The newest receipt is the floor as well.
            #expect(verdict(1_000, -20 * year) == .untrusted(.behindFloor))
            #expect(verdict(100_000, -3_600_000) == .untrusted(.behindReceipt))
            // The receipt may have been signed at any moment between cut and arrival: a second on each side.
            #expect(verdict(1_000, tolerance + 1_000) == .trusted)
            #expect(verdict(1_000, tolerance + 1_001) == .untrusted(.aheadOfReceipt))
            #expect(verdict(100_000, -tolerance - 1_000) == .trusted)
            #expect(verdict(100_000, -tolerance - 1_001) == .untrusted(.behindReceipt))
        }
    }

    @Test("A receipt that came late, or twice, raises no false doubt: it bounds from the cut to the arrival")
    func late() {
        var trust = ClockTrust()
        // Signed at 101, its answer lost; the same receipt comes again three hours later.
        trust.verified(upstreamMilliseconds: upstream(101), cut: hub(100), at: hub(10_900))
        #expect(trust.verdict(at: hub(10_901)) == .trusted)
        #expect(trust.verdict(at: hub(10_901, error: -3 * 3_600_000)) == .trusted)
        #expect(trust.verdict(at: hub(10_901, error: -4 * 3_600_000)) == .untrusted(.behindFloor))
        #expect(trust.verdict(at: hub(10_901, error: tolerance + 1_001)) == .untrusted(.aheadOfReceipt))
    }

    @Test("A batch that was cut in another boot, or days ago, moves the floor and confirms nothing")
    func oldBatch() {
        var trust = ClockTrust()
        trust.verified(upstreamMilliseconds: upstream(50), cut: hub(100, boot: 6), at: hub(40))
        trust.verified(upstreamMilliseconds: upstream(90_000), cut: hub(100), at: hub(86_501))
        #expect(trust.floorMilliseconds == upstream(90_000))
        #expect(trust.verdict(at: hub(90_001)) == .untrusted(.neverSet))
    }
}
