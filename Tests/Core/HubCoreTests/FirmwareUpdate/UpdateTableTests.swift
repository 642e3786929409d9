import HubCore
import Testing

/// Every phase × every fault × every device: generated, not written.
@Suite("Updates: each phase meets each fault")
struct UpdateTableTests {
    static let phases = FirmwarePhase.allCases

    @Test("Every case ends as the device ends, and nothing is asked before it is durable")
    func table() {
        var size = 0
        var ends: [FirmwareOutcome.End: Int] = [:]
        for behaviour in TrialDevice.Behaviour.allCases {
            for fault in UpdateWorld.Fault.allCases {
                for phase in Self.phases {
                    var world = UpdateWorld(behaviour, fault, at: phase)
                    world.play()
                    size += 1
                    if let end = world.durable?.phase.end { ends[end, default: 0] += 1 }
                    #expect(world.broken == [], "\(behaviour), \(fault) at \(phase.code): \(world.phases.map(\.code))")
                }
            }
        }
        let told = FirmwareOutcome.End.allCases.map { "\($0) \(ends[$0] ?? 0)" }.joined(separator: ", ")
        print("updates: \(size) cases of phase × fault × device: \(told)")
        #expect(size == 14 * 14 * 4)
    }

    @Test(
        "Without a fault a good image is confirmed, and the others are not", arguments: TrialDevice.Behaviour.allCases)
    func ends(_ behaviour: TrialDevice.Behaviour) {
        var world = UpdateWorld(behaviour, .none, at: .offered)
        world.play()
        let expected: FirmwareOutcome.End =
            switch behaviour {
            case .good: .confirmed
            case .failingSelfTest, .crashing: .reverted
            case .refusing: .failedPermanently
            }
        #expect(world.outcomes.map(\.end) == [expected])
    }

    @Test("Faults of hub, link and clock never spoil a good image", arguments: UpdateWorld.Fault.allCases)
    func goodStaysGood(_ fault: UpdateWorld.Fault) {
        guard fault != .cancelled, fault != .devicePowerCut, fault != .deviceAway else { return }
        for phase in Self.phases {
            var world = UpdateWorld(.good, fault, at: phase)
            world.play()
            #expect(world.outcomes.map(\.end) == [.confirmed], "\(fault) at \(phase.code): \(world.phases.map(\.code))")
        }
    }
}
