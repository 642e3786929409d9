import CORProtocol
import HubCore
import Testing

@Suite("A session lends its link to a step of an update")
struct LentLinkTests {
    private let id = DeviceOrderID(rawValue: 1)

    private func bench(isOurs: Bool = true) throws -> SessionBench {
        var device = try TestDevice()
        if !isOurs { (device.ownerState, device.owner) = (.free, nil) }
        var bench = try SessionBench(device)
        if !isOurs { bench.registration = nil }
        try bench.open()
        return bench
    }

    private func news(in effects: [SessionEffect]) -> [DeviceOrderNews] {
        effects.compactMap { if case .report(id, let news) = $0 { news } else { nil } }
    }

    @Test("It asks nothing itself until the step has ended, and then looks at the device again")
    func lends() throws {
        var bench = try bench()
        #expect(bench.tell(.ordered(id, .firmware(.inspect))) == [.lend(id, .inspect)])
        let timer = try #require(bench.lastTimer)
        #expect(bench.tell(.timerFired(id: timer)) == [])
        #expect(bench.tell(.notified(command: CORCommand.recordReady.rawValue, payload: [])) == [])
        let after = bench.tell(.stepEnded(.success(.marked)))
        #expect(news(in: after) == [.done(.firmware(.marked))])
        #expect(after.contains { $0.asks(.status) })
    }

    @Test("A device that is not this hub's is not updated")
    func notOurs() throws {
        var bench = try bench(isOurs: false)
        #expect(news(in: bench.tell(.ordered(id, .firmware(.inspect)))) == [.failed(.notOwner)])
    }

    @Test("A restart ends the session, so that the device proves itself anew")
    func restarts() throws {
        var bench = try bench()
        bench.tell(.ordered(id, .firmware(.restart)))
        let after = bench.tell(.stepEnded(.success(.restarting)))
        #expect(news(in: after) == [.done(.firmware(.restarting))])
        #expect(bench.end == .restarted)
    }

    @Test("A device that does not answer a step is silent")
    func silent() throws {
        var bench = try bench()
        bench.tell(.ordered(id, .firmware(.confirm)))
        let after = bench.tell(.stepEnded(.failure(.unanswered)))
        #expect(news(in: after) == [.failed(.firmware(.unanswered))])
        #expect(bench.end == .silent)
    }

    @Test("A step that is taken back gives the link back, and the session goes on")
    func recalled() throws {
        var bench = try bench()
        bench.tell(.ordered(id, .firmware(.inspect)))
        #expect(bench.tell(.orderWithdrawn(id)) == [.recallLink])
        let after = bench.tell(.stepEnded(.failure(.unanswered)))
        #expect(news(in: after) == [.failed(.withdrawn)])
        #expect(bench.end == nil && after.contains { $0.asks(.status) })
    }

    @Test("A link that is lost takes the step with it")
    func lost() throws {
        var bench = try bench()
        bench.tell(.ordered(id, .firmware(.inspect)))
        #expect(news(in: bench.tell(.linkGone)) == [.failed(.linkLost)])
        #expect(bench.tell(.stepEnded(.success(.marked))) == [])
    }
}
