import BluetoothProtocol
import CORProtocol
import HubCore
import Testing

@Suite("One adapter and its owner")
struct BluetoothAdapterTests {
    @Test("Threat 22, fight with bluetoothd: while it runs nothing is sent, and why is told once")
    func daemonAtStart() {
        var bench = AdapterBench()
        bench.facts.owner = .daemon("bluetoothd")
        bench.begin()
        bench.pass(.seconds(300))
        #expect(bench.sent == [])
        #expect(
            bench.discoveryEvents == [.unavailable(reason: AdapterObstacle.ownedByDaemon("bluetoothd").description)])
        bench.facts.owner = .nobody
        bench.pass(.seconds(60))
        #expect(bench.discoveryEvents.last == .available)
    }

    @Test("Threat 22, fight with bluetoothd: one that starts later shows by what it changes, and gets the adapter")
    func daemonLater() {
        var bench = AdapterBench.ready(bonds: BluetoothSamples.bonds(BluetoothSamples.device))
        bench.tell(.localNameChanged)
        #expect(bench.effects == [.readFacts])
        bench.facts.owner = .daemon("bluetoothd")
        bench.tell(.classChanged)
        #expect(
            bench.effects.suffix(3) == [
                .readFacts, .dropLinks,
                .tell(.unavailable(reason: AdapterObstacle.ownedByDaemon("bluetoothd").description)),
            ])
        #expect(bench.sent == [])
    }

    @Test("Where processes are hidden BLE stays off, since nobody can tell who owns the adapter")
    func hidden() {
        var bench = AdapterBench()
        bench.facts.owner = .hidden
        bench.begin()
        #expect(bench.sent == [])
        #expect(bench.discoveryEvents == [.unavailable(reason: AdapterObstacle.ownerHidden.description)])
    }

    @Test(
        "A kernel that a device without its key can crash is left alone",
        arguments: [
            ("6.1.0-55-amd64", "#1 SMP Debian 6.1.192-1", true), ("6.1.0-56-cloud-amd64", "", true),
            ("6.1.0-99-custom", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-1 (2026-11-02)", true),
            ("6.1.0-54-amd64", "#1 SMP Debian 6.1.190-1", false), ("6.1.0-5-amd64", "", false),
            ("6.12.117+deb12-amd64", "#1 SMP Debian 6.12.117-1~deb12u1", false),
        ])
    func hazard(release: String, version: String, isHazardous: Bool) {
        #expect(KernelHazard.isPresent(release: release, version: version) == isHazardous)
        var bench = AdapterBench()
        bench.facts.kernelRelease = release
        bench.facts.kernelVersion = version
        bench.begin()
        let refusal = DiscoveryEvent.unavailable(reason: AdapterObstacle.kernelHazard(release: release).description)
        #expect(bench.discoveryEvents == [isHazardous ? refusal : .available])
    }

    @Test("Who allows a hazardous kernel gets BLE on it")
    func hazardAllowed() {
        var facts = BluetoothSamples.facts
        facts.kernelRelease = "6.1.0-55-amd64"
        #expect(facts.obstacle(allowsHazardousKernel: true) == nil)
        facts.socketFailure = 97
        #expect(facts.obstacle(allowsHazardousKernel: true) == .socketUnavailable(code: 97))
    }

    @Test("Without an adapter BLE is off until one is plugged in")
    func pluggedIn() {
        var bench = AdapterBench()
        bench.indices = []
        bench.begin()
        #expect(bench.discoveryEvents == [.unavailable(reason: AdapterObstacle.noAdapter.description)])
        bench.indices = [3]
        bench.tell(.indexAdded, index: 3)
        #expect(bench.discoveryEvents.last == .available)
        bench.forget()
        bench.tell(.indexRemoved, index: 2)
        #expect(bench.effects == [])
        bench.tell(.indexRemoved, index: 3)
        #expect(
            bench.effects == [.dropLinks, .tell(.unavailable(reason: AdapterObstacle.noAdapter.description))])
    }

    @Test("Threat 22, fight over settings: they are set again three times, then the adapter is left alone")
    func fights() {
        var bench = AdapterBench.ready()
        for _ in 0..<3 {
            bench.tell(.newSettings([.powered, .lowEnergy, .secureConnections, .classic]))
            #expect(bench.effects.contains(.permit(BluetoothSamples.bonds())))
            bench.forget()
        }
        bench.tell(.newSettings([]))
        #expect(bench.discoveryEvents == [.unavailable(reason: AdapterObstacle.foughtOver.description)])
        bench.forget()
        bench.pass(.seconds(61))
        #expect(bench.discoveryEvents == [.available])
    }

    @Test("Fights of an hour ago are forgotten")
    func oldFights() {
        var bench = AdapterBench.ready()
        for _ in 0..<10 {
            bench.tell(.newSettings([]))
            bench.pass(.seconds(61))
        }
        #expect(bench.discoveryEvents == [])
    }

    @Test("Threat 22, adapter hang: set up anew, then by a new socket, then told, and tried again for ever")
    func hang() {
        var bench = AdapterBench.ready()
        bench.isSilent = true
        bench.handle(.scanWanted(true))
        bench.pass(.seconds(119))
        #expect(bench.effects.contains(.reopenSocket))
        #expect(bench.discoveryEvents.contains(.unavailable(reason: AdapterObstacle.silent.description)))
        bench.isSilent = false
        bench.forget()
        bench.pass(.seconds(60))
        #expect(bench.discoveryEvents.contains(.available))
    }

    @Test(
        "Threat 22, adapter hang: one that takes nothing but a reset works again within two minutes, and nobody is told"
    )
    func hangUntilReset() {
        var bench = AdapterBench.ready()
        bench.handle(.linksAwaited(count: 1))
        bench.silent = [0x3A]  // the scan ends, and the next one is not answered
        bench.tell(.discovering(false))
        bench.pass(.seconds(10))
        bench.silent = []
        bench.pass(.seconds(60))
        #expect(bench.sent.contains(0x05))
        #expect(bench.discoveryEvents == [])
        #expect(bench.sent.last == 0x3A)
    }

    @Test("Threat 22, adapter hang: one that cannot even be turned off is forced off, again whenever it is tried")
    func forcedOff() {
        var bench = AdapterBench.ready()
        bench.refusals = [0x3A: .failed, 0x05: .authenticationFailed]
        bench.handle(.scanWanted(true))
        #expect(bench.effects.contains(.forceOff(index: 0)))
        #expect(bench.discoveryEvents == [.unavailable(reason: AdapterObstacle.silent.description)])
        bench.forget()
        bench.pass(.seconds(20))
        #expect(bench.effects.prefix(2) == [.forceOff(index: 0), .reopenSocket])
        bench.refusals = [:]
        bench.pass(.seconds(20))
        #expect(bench.discoveryEvents.last == .available)
    }

    @Test("A socket that fails is opened anew")
    func socketFailed() {
        var bench = AdapterBench.ready()
        bench.handle(.socketFailed(code: 5))
        #expect(bench.discoveryEvents == [.unavailable(reason: AdapterObstacle.socketUnavailable(code: 5).description)])
        bench.pass(.seconds(60))
        #expect(bench.discoveryEvents.last == .available)
    }

    // MARK: - Links

    @Test("Five links that break turn the adapter off and on; after three times it is told; the bond stays")
    func linkLadder() {
        let bonds = BluetoothSamples.bonds(BluetoothSamples.device)
        var bench = AdapterBench.ready(bonds: bonds)
        for _ in 0..<3 {
            for _ in 0..<5 {
                #expect(!bench.sent.contains(0x05))
                bench.handle(.linkFailed(BluetoothSamples.device))
            }
            #expect(bench.sent.contains(0x05))
            #expect(bench.effects == [.dropLinks, .permit(bonds)])
            bench.forget()
        }
        for _ in 0..<5 { bench.handle(.linkFailed(BluetoothSamples.device)) }
        #expect(
            bench.discoveryEvents == [
                .refused(
                    DiscoveredDevice(kind: .ble, address: "ble:C2:00:00:00:00:02"),
                    reason: "links to it break before they are of use, also after the adapter was turned off and on; "
                        + "move the hub nearer or use USB")
            ])
        #expect(bench.sent == [])
    }

    @Test("One link that opens forgives those that broke")
    func forgiven() {
        var bench = AdapterBench.ready(bonds: BluetoothSamples.bonds(BluetoothSamples.device))
        for _ in 0..<20 {
            for _ in 0..<4 { bench.handle(.linkFailed(BluetoothSamples.device)) }
            bench.handle(.linkOpened(BluetoothSamples.device))
        }
        #expect(bench.sent == [])
    }

    @Test(
        "Threat 1, fake COR One: a device without the key is told and audited once, its bond stays, nothing is paired")
    func keyLost() {
        var bench = AdapterBench.ready(bonds: BluetoothSamples.bonds(BluetoothSamples.device))
        for _ in 0..<10 {
            bench.tell(.deviceConnected(BluetoothSamples.device))
            bench.tell(.deviceDisconnected(BluetoothSamples.device, .authenticationFailure))
        }
        #expect(
            bench.audits == [
                AdapterAuditNote(
                    kind: .pairing, subject: "ble:C2:00:00:00:00:02", outcome: .refused, detail: "key-lost")
            ])
        #expect(bench.discoveryEvents.count == 1)
        #expect(bench.sent == [])
        bench.forget()
        bench.handle(.linkOpened(BluetoothSamples.device))
        bench.tell(.deviceDisconnected(BluetoothSamples.device, .authenticationFailure))
        #expect(bench.audits.count == 1)
    }

    @Test("Events of another controller, and those of a device without a bond, change nothing")
    func foreign() {
        var bench = AdapterBench.ready()
        bench.tell(.newSettings([]), index: 9)
        bench.tell(.deviceDisconnected(BluetoothSamples.device, .authenticationFailure))
        bench.tell(.deviceDisconnected(BluetoothSamples.device, .timeout))
        bench.tell(.other(code: 0x2C))
        #expect(bench.effects == [])
        #expect(bench.sent == [])
    }
}
