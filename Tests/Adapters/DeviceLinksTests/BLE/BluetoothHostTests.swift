import BluetoothProtocol
import CORProtocol
import DeviceLinks
import HubCore
import NIOPosix
import Testing

/// What can be said without a Bluetooth adapter; with one it is the lab's: Tests/Lab/cases/ble-….
@Suite("The Bluetooth host", .timeLimit(.minutes(1)))
struct BluetoothHostTests {
    private func host(_ folder: String = "/tmp/is-not-there") -> BluetoothHost {
        BluetoothHost(BluetoothHost.Configuration(folder: folder, awaitLimit: .seconds(1)))
    }

    @Test("Making a host, and links of it, touches nothing; what is no address is refused")
    func lazy() throws {
        let host = host()
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        #expect(try host.link(to: LinkAddress("ble:C0:00:00:00:00:01"), on: eventLoop).kind == .ble)
        #expect(throws: LinkAddressError.malformed("ble:x", expected: "ble:XX:XX:XX:XX:XX:XX")) {
            try host.link(to: LinkAddress("ble:x"), on: eventLoop)
        }
        #expect(host.obstacle == nil)
        host.close()
    }

    @Test("Where the bonds cannot be read BLE is off with the reason, links are gone and nothing is paired")
    func noBonds() async throws {
        let host = host()
        let reason = "BLE is off: the bonds file: open lock failed with error 2"
        let (discovered, discovery) = AsyncStream.makeStream(of: DiscoveryEvent.self)
        host.start { discovery.yield($0) }
        var events = discovered.makeAsyncIterator()
        #expect(await events.next() == .unavailable(reason: reason))

        let link = try host.link(
            to: LinkAddress("ble:C0:00:00:00:00:01"), on: MultiThreadedEventLoopGroup.singleton.next())
        let (told, telling) = AsyncStream.makeStream(of: LinkEvent.self)
        link.start { telling.yield($0) }
        var linkEvents = told.makeAsyncIterator()
        #expect(await linkEvents.next() == .gone(.unreachable))

        let (paired, pairing) = AsyncStream.makeStream(of: BluetoothPairingEvent.self)
        host.pair(try BluetoothAddress("C0:00:00:00:00:01")) { pairing.yield($0) }
        var pairingEvents = paired.makeAsyncIterator()
        #expect(await pairingEvents.next() == .ended(.failure(.adapterOff)))
        #expect(host.obstacle == reason)
        host.close()
    }

    @Test("A link that is closed before it starts is gone at once, and one of a host that is closed too")
    func closed() async throws {
        let host = host()
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        for closesHost in [false, true] {
            let link = try host.link(to: LinkAddress("ble:C0:00:00:00:00:01"), on: eventLoop)
            if closesHost { host.close() } else { link.close() }
            let (told, telling) = AsyncStream.makeStream(of: LinkEvent.self)
            link.start { telling.yield($0) }
            var events = told.makeAsyncIterator()
            #expect(await events.next() == .gone(closesHost ? .unreachable : .closed))
        }
    }
}
