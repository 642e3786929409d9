import BluetoothProtocol
import HubCore
import Testing

@Suite("Setting up an adapter")
struct AdapterSetupTests {
    @Test("What decides about trust is set without power, the bonds are loaded whole, then comes power")
    func order() {
        var bench = AdapterBench(bonds: BluetoothSamples.bonds(BluetoothSamples.device))
        bench.begin()
        #expect(
            bench.sent == [
                0x01, 0x02, 0x03, 0x04, 0x05, 0x0D, 0x2A, 0x2D, 0x2E, 0x09, 0x18, 0x2F, 0x30, 0x13, 0x35, 0x05, 0x04,
            ])
        #expect(bench.packets[4].last == 0)  // power off
        #expect(bench.packets[6].last == 0)  // classic Bluetooth off
        #expect(bench.packets[7].last == 1)  // Secure Connections
        #expect(bench.packets[8].last == 0)  // debug keys off
        #expect(bench.packets[9].last == 0)  // not bondable
        #expect(bench.packets[15].last == 1)  // power on
        let bonds = BluetoothSamples.bonds(BluetoothSamples.device)
        #expect(bench.packets[13] == ManagementCommand.loadLongTermKeys([BluetoothSamples.key()]).encoded(index: 0))
        #expect(bench.effects == [.readFacts, .permit(bonds), .tell(.available)])
    }

    @Test("An adapter without an address of its own gets the hub's static one; one without classic is not asked for it")
    func variants() {
        var bench = AdapterBench()
        bench.address = .zero
        bench.supported.subtract([.classic, .privacy])
        bench.begin()
        #expect(bench.sent.contains(0x2B))
        #expect(!bench.sent.contains(0x2A))
        #expect(!bench.sent.contains(0x2F))
        #expect(bench.discoveryEvents == [.available])
    }

    @Test("The first adapter that is fit is taken")
    func severalAdapters() {
        var bench = AdapterBench()
        bench.indices = [4, 1]
        bench.refusals[0x04] = .invalidIndex
        bench.begin()
        #expect(bench.discoveryEvents == [.unavailable(reason: AdapterObstacle.noAdapter.description)])
        #expect(bench.packets.suffix(2).map { $0[2] } == [1, 4])
    }

    @Test(
        "What is missing is said",
        arguments: [
            (0x01, AdapterObstacle.unfit(missing: "version 1.14 of the management interface")),
            (0x02, .permissionMissing), (0x03, .noAdapter), (0x04, .unfit(missing: "LE Secure Connections")),
        ] as [(UInt16, AdapterObstacle)])
    func missing(opcode: UInt16, obstacle: AdapterObstacle) {
        var setup = AdapterSetup(bonds: BluetoothSamples.bonds(), usesPrivacy: true)
        let answers: [UInt16: [UInt8]] = [
            0x01: [1, opcode == 0x01 ? 13 : 14, 0],
            0x02: opcode == 0x02 ? [1, 0, 0, 0, 4, 0] : allCommands,
            0x03: opcode == 0x03 ? [0, 0] : [1, 0, 0, 0],
            0x04: [UInt8](repeating: 0, count: 280),
        ]
        var step = setup.begin()
        while case .submit(let command) = step {
            step = setup.finished(command, .success(answers[command.opcode] ?? []))
        }
        #expect(step == .failed(obstacle))
    }

    private var allCommands: [UInt8] {
        [0x50, 0, 0, 0] + (1...0x50).flatMap { [UInt8($0), 0] }
    }

    @Test("Each command that is refused ends the set-up with its number, and no argument of it is told")
    func refusals() {
        for opcode in [0x0D, 0x2A, 0x2D, 0x2E, 0x09, 0x18, 0x2F, 0x30, 0x13, 0x35] as [UInt16] {
            var bench = AdapterBench()
            bench.refusals[opcode] = .rejected
            bench.begin()
            let reason = AdapterObstacle.setUpRefused("command 0x\(String(opcode, radix: 16)): rejected").description
            #expect(bench.discoveryEvents == [.unavailable(reason: reason)])
        }
        var blocked = AdapterBench()
        blocked.refusals[0x05] = .rfKilled
        blocked.begin()
        #expect(blocked.discoveryEvents == [.unavailable(reason: AdapterObstacle.blockedByRadioSwitch.description)])
        var denied = AdapterBench()
        denied.refusals[0x05] = .permissionDenied
        denied.begin()
        #expect(denied.discoveryEvents == [.unavailable(reason: AdapterObstacle.permissionMissing.description)])
    }

    @Test("Threat 1, BLURtooth and debug keys: an adapter that does not stand as it was set is not used")
    func verified() {
        for spoilt in [
            AdapterBench.settingsReady.union(.classic), AdapterBench.settingsReady.union(.debugKeys),
            AdapterBench.settingsReady.subtracting(.secureConnections),
            AdapterBench.settingsReady.subtracting(.powered),
        ] {
            var bench = AdapterBench()
            bench.settings = spoilt
            bench.begin()
            #expect(!bench.effects.contains(.tell(.available)))
            #expect(bench.discoveryEvents.count == 1)
        }
    }

    @Test("A malformed answer ends the set-up and is named")
    func malformed() {
        var setup = AdapterSetup(bonds: BluetoothSamples.bonds(), usesPrivacy: true)
        _ = setup.begin()
        let obstacle = AdapterObstacle.setUpRefused("command 0x1: revision needs 2 bytes, 0 are left")
        #expect(setup.finished(.readVersion, .success([1])) == .failed(obstacle))
    }
}
