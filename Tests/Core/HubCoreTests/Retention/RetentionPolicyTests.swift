import CORProtocol
import HubCore
import Testing

@Suite("What may be removed behind a receipt")
struct RetentionPolicyTests {
    private let trust = ClockTrust()

    @Test("Content goes after its time, counted back from now")
    func cut() {
        let now = TimeBlock.at()
        let day: Int64 = 86_400_000
        #expect(
            RetentionPolicy().cut(at: now, trust: trust)
                == RetentionCut(
                    recordsBefore: now.wallMilliseconds - 30 * day, batchesBefore: now.wallMilliseconds - 30 * day,
                    entriesBefore: now.wallMilliseconds - 365 * day, auditBefore: now.wallMilliseconds - 365 * day,
                    quarantineBefore: now.wallMilliseconds - 90 * day, quarantineLengthMax: 64 << 20))
    }

    @Test("A retention of nothing cuts at now")
    func nothingKept() {
        var policy = RetentionPolicy()
        policy.records = .zero
        #expect(
            policy.cut(at: .at(), trust: trust)?.recordsBefore == TimeBlock.at().wallMilliseconds)
    }

    @Test("While the clock is not trusted nothing is removed: a wrong clock must destroy nothing")
    func untrustedClock() {
        let policy = RetentionPolicy()
        #expect(policy.cut(at: .in1970, trust: trust) == nil)
        var now = TimeBlock.at()
        now.wallMilliseconds = ClockTrust.releaseFloorMilliseconds - 1
        #expect(policy.cut(at: now, trust: trust) == nil)
        now.wallMilliseconds = ClockTrust.releaseFloorMilliseconds
        #expect(policy.cut(at: now, trust: trust) != nil)
        now = .at()
        now.sync = .never
        #expect(policy.cut(at: now, trust: trust) == nil)
        // The newest receipt is a day younger than what the clock shows.
        let later = ClockTrust(newestReceiptMilliseconds: TimeBlock.at(86_400).wallMilliseconds)
        #expect(policy.cut(at: .at(), trust: later) == nil)
    }
}
