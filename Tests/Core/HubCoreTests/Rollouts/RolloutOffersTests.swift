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
