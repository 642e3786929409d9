import CORProtocol
import DeviceSimulator
import SMPProtocol
import Testing

@Suite("Ownership")
struct OwnershipTests {
    @Test("Only the button makes a hub the owner")
    func claim() throws {
        var bench = try DeviceBench()
        let claim = OwnerChangeRequest(operation: .claim, hub: DeviceBench.hub)
        #expect(
            try bench.ask(.write, .owner, claim, for: OwnerResponse.self)
                == OwnerResponse(state: .awaitingButton, owner: DeviceBench.hub))
        let pressed = bench.perform(.pressButton)
        #expect(reports(pressed) == [.owned(by: DeviceBench.hub)])
        #expect(
            try bench.ask(.read, .owner, for: OwnerResponse.self)
                == OwnerResponse(state: .owned, owner: DeviceBench.hub))
    }

    @Test("The owner is durable before anybody hears of it")
    func persistsBeforeNotifying() throws {
        var bench = try DeviceBench()
        _ = try bench.ask(
            .write, .owner, OwnerChangeRequest(operation: .claim, hub: DeviceBench.hub), for: OwnerResponse.self)
        let pressed = bench.perform(.pressButton)
        let persist = try #require(pressed.firstIndex(of: .persist(bench.model.snapshot)))
        let report = try #require(pressed.firstIndex(of: .report(.owned(by: DeviceBench.hub))))
        #expect(persist < report)
        #expect(bench.model.snapshot.owner == DeviceBench.hub)
    }

    @Test("A claim that nobody confirms within 60 s lapses")
    func lapses() throws {
        var ownership = Ownership()
        try ownership.claimRequested(by: DeviceBench.hub, at: .zero)
        #expect(ownership.timePassed(to: .milliseconds(59_999)) == false)
        #expect(ownership.timePassed(to: .seconds(60)) == true)
        #expect(ownership.state == .free)
        #expect(ownership.buttonPressed() == nil)
    }

    @Test("Two households cannot hold one device")
    func anotherHub() throws {
        var ownership = Ownership(owner: DeviceBench.hub)
        #expect(throws: Ownership.Refusal.ownedByAnother) {
            try ownership.claimRequested(by: DeviceBench.otherHub, at: .zero)
        }
        #expect(throws: Ownership.Refusal.notOwner) { try ownership.releaseRequested(by: DeviceBench.otherHub) }
        #expect(ownership.owner == DeviceBench.hub)
    }

    @Test("While one hub waits for the button, another is told that the device is busy")
    func busy() throws {
        var bench = try DeviceBench()
        _ = try bench.ask(
            .write, .owner, OwnerChangeRequest(operation: .claim, hub: DeviceBench.hub), for: OwnerResponse.self)
        #expect(throws: SMPFailure(group: SMPGroup.cor, code: CORReturnCode.busy.rawValue)) {
            try bench.ask(
                .write, .owner, OwnerChangeRequest(operation: .claim, hub: DeviceBench.otherHub),
                for: OwnerResponse.self)
        }
    }

    @Test("A claim by the owner changes nothing, a release by the owner frees the device")
    func release() throws {
        var bench = try DeviceBench(snapshot: DeviceSnapshot(owner: DeviceBench.hub))
        let owned = OwnerResponse(state: .owned, owner: DeviceBench.hub)
        let claim = OwnerChangeRequest(operation: .claim, hub: DeviceBench.hub)
        #expect(try bench.ask(.write, .owner, claim, for: OwnerResponse.self) == owned)
        let release = OwnerChangeRequest(operation: .release, hub: DeviceBench.hub)
        #expect(
            try bench.ask(.write, .owner, release, for: OwnerResponse.self) == OwnerResponse(state: .free, owner: nil))
        #expect(bench.model.snapshot.owner == nil)
    }

    @Test("The button presses itself where the setup says so")
    func autoButton() throws {
        var bench = try DeviceBench { $0.buttonDelay = .milliseconds(300) }
        _ = try bench.ask(
            .write, .owner, OwnerChangeRequest(operation: .claim, hub: DeviceBench.hub), for: OwnerResponse.self)
        _ = bench.pass(.milliseconds(299))
        #expect(bench.model.ownership.owner == nil)
        _ = bench.pass(.milliseconds(1))
        #expect(bench.model.ownership.owner == DeviceBench.hub)
    }

    @Test("A long press takes the device from its owner")
    func held() throws {
        var bench = try DeviceBench(snapshot: DeviceSnapshot(owner: DeviceBench.hub))
        #expect(reports(bench.perform(.holdButton)) == [.released])
        #expect(bench.model.ownership.state == .free)
    }
}
