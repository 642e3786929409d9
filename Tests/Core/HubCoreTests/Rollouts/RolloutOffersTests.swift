import CORProtocol
import FirmwareRollout
import HubCore
import Testing

@Suite("Offers are made once, and taken back")
struct RolloutOffersTests {
    private typealias Sample = RolloutSample

    @Test("An offer is made once under the same metadata, and once more under newer ones")
    func once() throws {
        var offers = RolloutOffers()
        let assessment = Sample.assess(Sample.plan([Sample.rollout("r", of: 1)]))
        let offer = try #require(assessment.offer).firmwareOffer
        let serial = assessment.device.serial
        #expect(offers.update(assessment, metadataVersion: 7) == [.offered(serial, offer, metadataVersion: 7)])
        #expect(offers.update(assessment, metadataVersion: 7) == [])
        #expect(offers.update(assessment, metadataVersion: 8) == [.offered(serial, offer, metadataVersion: 8)])
        #expect(offers.offer(to: serial) == offer)
    }

    @Test("A rollout that pauses, or metadata that expire, take back what they offered, once")
    func withdrawn() {
        let running = Sample.plan([Sample.rollout("r", of: 1)])
        let ends = [
            Sample.assess(Sample.plan([Sample.rollout("r", of: 1, state: .paused)])),
            Sample.assess(running, at: running.validUntil), Sample.assess(nil),
        ]
        for end in ends {
            var offers = RolloutOffers()
            _ = offers.update(Sample.assess(running), metadataVersion: 7)
            #expect(
                offers.update(end, metadataVersion: 8) == [.withdrawn(end.device.serial, rolloutID: "r")])
            #expect(offers.update(end, metadataVersion: 8) == [])
        }
    }

    @Test("An offer that is only held until the device has said its security counter is not taken back")
    func held() {
        var offers = RolloutOffers()
        let plan = Sample.plan([Sample.rollout("r", of: 1)])
        _ = offers.update(Sample.assess(plan), metadataVersion: 7)
        let held = Sample.assess(Sample.device(counter: .unread), plan)
        #expect(offers.update(held, metadataVersion: 7) == [])
        #expect(offers.update(Sample.assess(Sample.device(counter: .demands(1)), plan), metadataVersion: 7) == [])
        let refused = Sample.assess(Sample.device(counter: .demands(2)), plan)
        #expect(
            offers.update(refused, metadataVersion: 7) == [.withdrawn(refused.device.serial, rolloutID: "r")])
    }

    @Test("What was offered in the hub's last life is taken back like any other offer, and not made twice (freeze)")
    func recalled() throws {
        let plan = Sample.plan([Sample.rollout("r", of: 1)])
        let assessment = Sample.assess(plan)
        let offer = try #require(assessment.offer).firmwareOffer
        var record = FirmwareRecord(
            serial: assessment.device.serial, offer: offer, metadataVersion: 7, entered: .at())
        var offers = RolloutOffers(recalling: [record])
        #expect(offers.update(assessment, metadataVersion: 7) == [])
        let expired = Sample.assess(plan, at: plan.validUntil)
        #expect(offers.update(expired, metadataVersion: 7) == [.withdrawn(record.serial, rolloutID: "r")])
        record.phase = .confirmed
        var ended = RolloutOffers(recalling: [record])
        #expect(ended.update(expired, metadataVersion: 7) == [])
    }

    @Test("What has come true is not taken back")
    func fulfilled() {
        var offers = RolloutOffers()
        let plan = Sample.plan([Sample.rollout("r", of: 1)])
        _ = offers.update(Sample.assess(plan), metadataVersion: 7)
        #expect(offers.update(Sample.assess(Sample.device(1), plan), metadataVersion: 7) == [])
    }

    @Test("Another rollout's offer takes the place of the first one's")
    func replaced() throws {
        var offers = RolloutOffers()
        _ = offers.update(Sample.assess(Sample.plan([Sample.rollout("a", of: 1)])), metadataVersion: 7)
        let next = Sample.assess(Sample.plan([Sample.rollout("b", of: 1), Sample.rollout("a", of: 1)]))
        let serial = next.device.serial
        let offer = try #require(next.offer).firmwareOffer
        #expect(
            offers.update(next, metadataVersion: 8)
                == [.withdrawn(serial, rolloutID: "a"), .offered(serial, offer, metadataVersion: 8)])
    }

    @Test("A device that is not this hub's any more loses its offer")
    func forgotten() {
        var offers = RolloutOffers()
        let assessment = Sample.assess(Sample.plan([Sample.rollout("r", of: 1)]))
        _ = offers.update(assessment, metadataVersion: 7)
        #expect(offers.forget(allBut: [assessment.device.serial]) == [])
        #expect(offers.forget(allBut: []) == [.withdrawn(assessment.device.serial, rolloutID: "r")])
        #expect(offers.forget(allBut: []) == [])
    }
}
