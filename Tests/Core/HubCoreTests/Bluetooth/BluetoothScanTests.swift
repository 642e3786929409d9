import BluetoothProtocol
import CORProtocol
import HubCore
import Testing

@Suite("Looking for devices")
struct BluetoothScanTests {
    private func report(_ strength: Int8? = -60, name: String = "COR One") -> ManagementEvent.Sighting {
        .init(signalStrength: strength, advertisingData: BluetoothSamples.advertising(name: name))
    }

    @Test("A scan is filtered by the service and begins again whenever it ends, until nobody wants it")
    func restarts() {
        var bench = AdapterBench.ready()
        bench.handle(.scanWanted(true))
        #expect(
            bench.packets == [ManagementCommand.startServiceDiscovery([BluetoothSamples.service]).encoded(index: 0)])
        for _ in 0..<5 {
            bench.tell(.discovering(true))
            bench.tell(.discovering(false))
            bench.pass(.seconds(1))
        }
        #expect(bench.sent == [UInt16](repeating: 0x3A, count: 6))
        bench.handle(.scanWanted(false))
        #expect(bench.sent.last == 0x24)
        bench.pass(.seconds(60))
        #expect(bench.sent.count == 7)
    }

    @Test("A link that awaits its device keeps the scan going; it ends with the last")
    func awaitedLinks() {
        var bench = AdapterBench.ready()
        bench.handle(.linksAwaited(count: 2))
        bench.handle(.linksAwaited(count: 1))
        #expect(bench.sent == [0x3A])
        bench.handle(.linksAwaited(count: 0))
        #expect(bench.sent == [0x3A, 0x24])
    }

    @Test("A scan that is refused since one ends is asked for again")
    func busy() {
        var bench = AdapterBench.ready()
        bench.refusals[0x3A] = .busy
        bench.handle(.scanWanted(true))
        bench.refusals = [:]
        bench.pass(.seconds(1))
        #expect(bench.sent == [0x3A, 0x3A])
    }

    @Test("Threat 22, adapter hang: a scan whose end does not come means that the adapter is set up anew")
    func endMissing() {
        var bench = AdapterBench.ready()
        bench.handle(.scanWanted(true))
        bench.pass(.seconds(19))
        #expect(!bench.sent.contains(0x05))
        bench.pass(.seconds(2))
        #expect(bench.sent.contains(0x05))
        #expect(bench.sent.last == 0x3A)
    }

    @Test("A device is told when it comes, when its signal or name changes, and when it is silent")
    func sightings() {
        var bench = AdapterBench.ready()
        let address = "ble:C2:00:00:00:00:02"
        bench.tell(.deviceFound(BluetoothSamples.device, report()))
        bench.tell(.deviceFound(BluetoothSamples.device, report(-64)))
        bench.tell(.deviceFound(BluetoothSamples.device, report(-70)))
        bench.tell(.deviceFound(BluetoothSamples.device, report(-70, name: "other")))
        bench.pass(.seconds(31))
        bench.tell(.discovering(false))
        #expect(
            bench.discoveryEvents == [
                .found(DiscoveredDevice(kind: .ble, address: address, name: "COR One", signalStrength: -60)),
                .found(DiscoveredDevice(kind: .ble, address: address, name: "COR One", signalStrength: -70)),
                .found(DiscoveredDevice(kind: .ble, address: address, name: "other", signalStrength: -70)),
                .lost(address: address),
            ])
    }

    @Test("Threat 21, flood by advertisements: an agent is told of bonded devices only")
    func strangers() {
        var bench = AdapterBench(
            bonds: BluetoothSamples.bonds(BluetoothSamples.device), tellsStrangers: false)
        bench.begin()
        bench.forget()
        bench.tell(.deviceFound(BluetoothSamples.peer(3), report()))
        bench.tell(.deviceFound(BluetoothSamples.device, report()))
        let told = DiscoveredDevice(
            kind: .ble, address: "ble:C2:00:00:00:00:02", name: "COR One", signalStrength: -60)
        #expect(bench.discoveryEvents == [.found(told)])
    }

    @Test("What lacks the service, or is malformed, is counted and not told")
    func dropped() {
        var table = SightingTable(service: BluetoothSamples.service)
        let other = BluetoothSamples.advertising(service: BluetoothSamples.characteristic)
        for bytes in [[], [5, 9, 1], other] as [[UInt8]] {
            let sighting = ManagementEvent.Sighting(signalStrength: nil, advertisingData: bytes)
            #expect(table.sighted(BluetoothSamples.device, sighting, isBonded: true, at: .zero) == nil)
        }
        #expect(table.droppedCount == 3)
        #expect(table.isEmpty)
    }

    @Test("Threat 21, flood by advertisements: strangers fill their places and no more, a bonded device is always told")
    func flood() {
        var table = SightingTable(service: BluetoothSamples.service)
        var told = 0
        for number in 0..<100_000 {
            let wireBytes = [UInt8(number & 0xFF), UInt8(number >> 8 & 0xFF), UInt8(number >> 16), 1, 2, 0xC3]
            let peer = BluetoothPeer(address: BluetoothAddress(wireBytes: wireBytes) ?? .zero, kind: .leRandom)
            let now = Duration.milliseconds(number)
            if table.sighted(peer, report(), isBonded: false, at: now) != nil { told += 1 }
        }
        #expect(told == SightingTable.strangerCountMax)
        #expect(table.droppedCount == 100_000 - UInt64(told))
        #expect(table.sighted(BluetoothSamples.device, report(), isBonded: true, at: .seconds(100)) != nil)
        #expect(table.expire(at: .seconds(200)).count == told + 1)
        #expect(table.isEmpty)
    }

    @Test("A stranger that was paired is news, and leaves its place to another")
    func pairedStranger() {
        var table = SightingTable(service: BluetoothSamples.service)
        for number in UInt8(0)..<UInt8(SightingTable.strangerCountMax) {
            #expect(table.sighted(BluetoothSamples.peer(number), report(), isBonded: false, at: .zero) != nil)
        }
        let paired = BluetoothSamples.peer(0)
        let late = BluetoothSamples.peer(200)
        #expect(table.sighted(paired, report(), isBonded: true, at: .zero) == nil)
        #expect(table.sighted(late, report(), isBonded: false, at: .zero) == nil)
        table.forget(paired)
        #expect(table.sighted(paired, report(), isBonded: true, at: .zero) != nil)
        #expect(table.sighted(late, report(), isBonded: false, at: .zero) != nil)
        // And the other way round: one that was unpaired takes a stranger's place, where there is one.
        table.forget(paired)
        #expect(table.sighted(paired, report(), isBonded: false, at: .zero) == nil)
    }

    @Test("Threat 21, flood by advertisements: a second takes its limit of reports and not one more")
    func rate() {
        var table = SightingTable(service: BluetoothSamples.service)
        for count in 1...SightingTable.reportCountMaxPerSecond + 1 {
            _ = table.sighted(BluetoothSamples.device, report(), isBonded: false, at: .seconds(5))
            #expect(table.droppedCount == (count > SightingTable.reportCountMaxPerSecond ? 1 : 0))
        }
        _ = table.sighted(BluetoothSamples.device, report(), isBonded: false, at: .seconds(6))
        #expect(table.droppedCount == 1)
    }
}
