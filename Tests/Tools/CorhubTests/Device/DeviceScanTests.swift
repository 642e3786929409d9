import CORProtocol
import DeviceLinks
import HubCore
import JSONCoding
import NIOCore
import NIOPosix
import Testing

@testable import corhub

@Suite("device scan")
struct DeviceScanTests {
    /// A host that tells what a test lets it tell.
    private struct Host: DeviceLinkHost {
        let kind: LinkKind
        var events: [DiscoveryEvent] = []

        func start(_ handler: @escaping @Sendable (DiscoveryEvent) -> Void) { events.forEach(handler) }
        func close() {}
        func link(to address: LinkAddress, on eventLoop: any EventLoop) throws(LinkAddressError) -> any DeviceLink {
            throw .kindUnsupported(kind)
        }
    }

    private func scan(_ hosts: [Host], kinds: [LinkKind]) async -> DeviceScan.Result {
        await DeviceScan(
            kinds: kinds, factory: DeviceLinkFactory(on: MultiThreadedEventLoopGroup.singleton, hosts: hosts)
        ).run(for: .milliseconds(20))
    }

    private let near = DiscoveredDevice(kind: .ble, address: "ble:C0:01", name: "COR", signalStrength: -50)
    private let plugged = DiscoveredDevice(kind: .usb, address: "usb:COR1-0001", serial: "COR1-0001", portPath: "1-2")

    @Test("What was found stands by its best link first, with what was refused and what went away left out")
    func found() async {
        var nearer = near
        nearer.signalStrength = -40
        let refused = DiscoveredDevice(kind: .usb, address: "usb:COR1-0002", serial: "COR1-0002")
        let result = await scan(
            [
                Host(kind: .ble, events: [.found(near), .found(nearer)]),
                Host(
                    kind: .usb,
                    events: [
                        .found(plugged), .refused(refused, reason: "it adds a keyboard"),
                        .found(DiscoveredDevice(kind: .usb, address: "usb:GONE")), .lost(address: "usb:GONE"),
                    ]),
            ], kinds: [.usb, .ble])
        let devices = result.json["devices"]?.arrayValue ?? []
        #expect(devices.map { $0["address"] } == ["usb:COR1-0001", "usb:COR1-0002", "ble:C0:01"])
        #expect(devices.map { $0["refused"] } == [.null, "it adds a keyboard", .null])
        #expect(devices.last?["signal_dbm"] == -40)
        #expect(result.lines.count == 4)
    }

    @Test("A kind that cannot be looked on says why, and the others go on")
    func unavailable() async {
        let result = await scan(
            [Host(kind: .ble, events: [.unavailable(reason: "bluetoothd has the adapter")])], kinds: [.usb, .ble])
        #expect(
            result.lines == [
                "no devices found", "usb: this build cannot look for devices on usb links",
                "ble: bluetoothd has the adapter",
            ])
        #expect(result.json["discovery"]?.arrayValue?.map { $0["available"] } == [false, false])
    }

    @Test("Threat 21: a room full of devices is listed up to a bound")
    func bound() async {
        let events = (0...DeviceScan.countMax).map {
            DiscoveryEvent.found(DiscoveredDevice(kind: .ble, address: "ble:\($0)"))
        }
        let result = await scan([Host(kind: .ble, events: events)], kinds: [.ble])
        #expect(result.found.count == DeviceScan.countMax)
    }
}
