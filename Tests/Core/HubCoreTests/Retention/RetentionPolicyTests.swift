import CORProtocol
import HubCore
import Testing

@Suite("What may be removed behind a receipt")
struct RetentionPolicyTests {
    private let floor = SessionLimits().clockFloorMilliseconds

    @Test("Content goes after its time, counted back from now")
    func cut() {
        let now = TimeBlock.at()
        let day: Int64 = 86_400_000
        #expect(
            RetentionPolicy().cut(at: now, clockFloorMilliseconds: floor)
                == RetentionCut(
                    recordsBefore: now.wallMilliseconds - 30 * day, batchesBefore: now.wallMilliseconds - 30 * day,
                    entriesBefore: now.wallMilliseconds - 365 * day))
    }

    @Test("A retention of nothing cuts at now")
    func nothingKept() {
        var policy = RetentionPolicy()
        policy.records = .zero
        #expect(
            policy.cut(at: .at(), clockFloorMilliseconds: floor)?.recordsBefore == TimeBlock.at().wallMilliseconds)
    }

    @Test("While the clock was never set nothing is removed: a wrong clock must destroy nothing")
    func unsetClock() {
        #expect(RetentionPolicy().cut(at: .in1970, clockFloorMilliseconds: floor) == nil)
        var now = TimeBlock.at()
        now.wallMilliseconds = floor - 1
        #expect(RetentionPolicy().cut(at: now, clockFloorMilliseconds: floor) == nil)
        now.wallMilliseconds = floor
        #expect(RetentionPolicy().cut(at: now, clockFloorMilliseconds: floor) != nil)
    }
}
