import CORProtocol
import HubCore
import Testing

@Suite("What may be removed behind a receipt")
struct RetentionPolicyTests {
    /// A receipt of this boot, signed at this moment.
    private let trust: ClockTrust = {
        var trust = ClockTrust()
        trust.verified(upstreamMilliseconds: TimeBlock.at().wallMilliseconds, cut: .at(), at: .at())
        return trust
    }()

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

    @Test("Threat 12: by its age nothing goes before a receipt of this boot has confirmed the clock, whoever set it")
    func unconfirmedClock() {
        let policy = RetentionPolicy()
        #expect(policy.cut(at: .at(), trust: ClockTrust()) == nil)
        #expect(policy.cut(at: .at(), trust: trust) != nil)
        var ahead = TimeBlock.at()
        ahead.wallMilliseconds += 20 * 365 * 86_400_000
        #expect(policy.cut(at: ahead, trust: trust) == nil)
        #expect(policy.cut(at: .in1970, trust: trust) == nil)
        var rebooted = TimeBlock.at()
        rebooted.bootID = [UInt8](repeating: 0xEE, count: 16)
        #expect(policy.cut(at: rebooted, trust: trust) == nil)
    }

    @Test("Where room is short, what a receipt covers goes at once by a clock that is merely trusted, and by no other")
    func shortOfRoom() {
        let policy = RetentionPolicy()
        let now = TimeBlock.at()
        #expect(
            policy.cut(at: now, trust: ClockTrust(), pressure: .warning)?.recordsBefore == now.wallMilliseconds)
        #expect(policy.cut(at: .in1970, trust: ClockTrust(), pressure: .warning) == nil)
        var unset = now
        unset.sync = .never
        #expect(policy.cut(at: unset, trust: ClockTrust(), pressure: .warning) == nil)
        // The newest receipt is a day younger than what the clock shows.
        let later = ClockTrust(newestReceiptMilliseconds: TimeBlock.at(86_400).wallMilliseconds)
        #expect(policy.cut(at: now, trust: later, pressure: .warning) == nil)
    }
}
