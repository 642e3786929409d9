import CORProtocol
import HubCore
import Testing

@Suite("What the device says of its owner, and what the hub had noted")
struct OwnershipCheckTests {
    private typealias State = DeviceRegistration.State

    @Test(
        "The device decides, and the note catches up",
        arguments: OwnershipCheck.Owner.allCases, State.allCases.map { Optional($0) } + [nil])
    func table(owner: OwnershipCheck.Owner, noted: DeviceRegistration.State?) {
        let check = OwnershipCheck(owner, noted: noted)
        let isNotedAsOurs: Bool? =
            switch noted {
            case .claimed, .registered, .contested: true
            case nil, .left, .released: false
            case .leaving: nil
            }
        switch (owner, isNotedAsOurs) {
        case (.thisHub, true), (.nobody, false), (.anotherHub, false): #expect(check.step == nil)
        case (.thisHub, false): #expect(check.step == .note(.claimed))
        case (.nobody, true), (.anotherHub, true):
            #expect(check.step == .note(.left))
            #expect(check.remark != nil, "nobody ordered it here, so it is said")
        case (.thisHub, nil): #expect(check.step == .releaseOnDevice)
        case (.nobody, nil), (.anotherHub, nil): #expect(check.step == .note(.left))
        }
        // What was noted is not noted again: the check comes to rest.
        guard case .note(let state)? = check.step else { return }
        #expect(OwnershipCheck(owner, noted: state).step == nil)
    }

    @Test("A claim that waits for the button, and an owner without a name, are nobody's")
    func answers() throws {
        let hub = try #require(HubID("hub-0001"))
        let other = try #require(HubID("hub-0002"))
        let answers: [(OwnerResponse, OwnershipCheck.Owner)] = [
            (OwnerResponse(state: .free, owner: nil), .nobody), (OwnerResponse(state: .free, owner: hub), .nobody),
            (OwnerResponse(state: .awaitingButton, owner: hub), .nobody),
            (OwnerResponse(state: .awaitingButton, owner: other), .nobody),
            (OwnerResponse(state: .owned, owner: nil), .nobody), (OwnerResponse(state: .owned, owner: hub), .thisHub),
            (OwnerResponse(state: .owned, owner: other), .anotherHub),
        ]
        for (answer, owner) in answers { #expect(OwnershipCheck.Owner(answer, hub: hub) == owner) }
    }
}
