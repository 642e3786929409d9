import HubCore
import Testing

@Suite("What a session came to")
struct SessionOutcomeTests {
    private func outcome(wasConnected: Bool, hasStored: Bool) -> SessionOutcome {
        var outcome = SessionOutcome()
        outcome.wasConnected = wasConnected
        outcome.hasStored = hasStored
        return outcome
    }

    @Test("A device that is pulled out in the middle of its list has got on with each record")
    func delivered() {
        #expect(outcome(wasConnected: true, hasStored: true).worth(after: .zero) == .delivered)
    }

    @Test("A device that connects and falls away was reached, and no more, unless it held for a while")
    func fellAway() {
        let idle = outcome(wasConnected: true, hasStored: false)
        #expect(idle.worth(after: SessionOutcome.lasting - .milliseconds(1)) == .reached)
        #expect(idle.worth(after: SessionOutcome.lasting) == .delivered)
    }

    @Test("A link that is open for long without an attested device is worth nothing")
    func neverConnected() {
        #expect(outcome(wasConnected: false, hasStored: false).worth(after: .seconds(3_600)) == .none)
    }
}
