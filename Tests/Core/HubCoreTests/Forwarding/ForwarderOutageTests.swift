import CORProtocol
import HubCore
import Testing

@Suite("The forwarder after an outage")
struct ForwarderOutageTests {
    private let upstream: TestUpstream
    private let policy = ForwardingPolicy()
    private let batch: OutstandingBatch

    init() throws {
        upstream = try TestUpstream()
        batch = try .sample()
    }

    private func forwarder() -> Forwarder { Forwarder(policy: policy, verifier: upstream.verifier) }

    private func started(silent: Duration, outstanding: OutstandingBatch?, chance: Double) -> Forwarder.Effect? {
        var forwarder = forwarder()
        let newest = TimeBlock.at().wallMilliseconds - silent.milliseconds
        return forwarder.handle(
            .started(outstanding: outstanding, newestReceiptMilliseconds: newest), at: .at(), chance: chance
        ).first
    }

    @Test("Threat 23: after a long silence the first upload of a start waits a part of a minute, by chance")
    func startAfterOutage() {
        let long = policy.heartbeat + policy.outageMin
        for chance in [0, 0.25, 0.999] {
            let delay = Forwarder.Effect.startTimer(id: 1, after: .seconds(60) * chance)
            #expect(started(silent: long, outstanding: batch, chance: chance) == delay)
            #expect(started(silent: long, outstanding: nil, chance: chance) == delay)
        }
        #expect(started(silent: long - .milliseconds(1), outstanding: nil, chance: 0.5) == .cut)
        // A hub that never had a receipt was not cut off from one.
        var fresh = forwarder()
        #expect(
            fresh.handle(.started(outstanding: nil, newestReceiptMilliseconds: nil), at: .at(), chance: 0.5) == [.cut])
    }

    @Test("A flush does not wait for the spread")
    func flush() {
        var forwarder = forwarder()
        let newest = TimeBlock.at(-864_000).wallMilliseconds
        _ = forwarder.handle(
            .started(outstanding: batch, newestReceiptMilliseconds: newest), at: .at(), chance: 0.5)
        #expect(forwarder.handle(.flushRequested, at: .at(), chance: 0.5).last == .submit(batch))
    }

    @Test("Threat 23: a thousand hubs that an outage of a day left behind come back spread, and all of them")
    func stampede() {
        var moments: [Double] = []
        for hub in 0..<1_000 {
            var chance = Double(hub) / 1_000
            var forwarder = forwarder()
            _ = forwarder.handle(
                .started(outstanding: batch, newestReceiptMilliseconds: nil), at: .at(), chance: chance)
            var seconds = 0.0
            // The outage ends at 86,400 s; what counts is when each hub first tries after that.
            while seconds < 86_400 {
                // A step of a linear congruential generator, so that each hub has its own course.
                chance = (chance * 1_103.515_245 + 0.123_45).truncatingRemainder(dividingBy: 1)
                let effects = forwarder.handle(
                    .submissionEnded(.retry(after: nil, cause: .timedOut(.connect))), at: .at(seconds), chance: chance)
                guard case .startTimer(let id, let delay)? = effects.first else {
                    Issue.record("\(effects)")
                    return
                }
                seconds += Double(delay.milliseconds) / 1_000
                _ = forwarder.handle(.timerFired(id: id), at: .at(seconds), chance: chance)
            }
            moments.append(seconds - 86_400)
        }
        #expect(moments.count == 1_000)
        #expect(moments.allSatisfy { $0 <= 360 })
        let busiest = (0..<360).map { second in moments.count { Int($0) == second } }.max() ?? 0
        #expect(busiest <= 30, "the busiest second has \(busiest) of 1,000")
    }
}
