import CORProtocol
import DeviceLinks
import Foundation
import HubCore
import NIOCore
import NIOPosix
import Testing

@Suite("Devices on serial ports are found", .timeLimit(.minutes(1)))
struct SerialDiscoveryTests {
    /// A folder as sysfs has it: ttys lead to interfaces, and those lie in the folder of their USB device.
    private struct Tree {
        let root = FileManager.default.temporaryDirectory.appending(path: "corhub-tty-\(UUID().uuidString)")

        var classFolder: String { root.appending(path: "class").path }

        func add(_ name: String, port: String, vendor: String, product: String, serial: String?, under: String = "")
            throws
        {
            let device = root.appending(path: "devices/\(port)")
            let interface = device.appending(path: "\(port):1.0\(under)")
            let entry = root.appending(path: "class/\(name)")
            for folder in [interface, entry] {
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            }
            for (attribute, text) in [("idVendor", vendor), ("idProduct", product), ("serial", serial)] {
                guard let text else { continue }
                try Data("\(text)\n".utf8).write(to: device.appending(path: attribute))
            }
            try FileManager.default.createSymbolicLink(
                at: entry.appending(path: "device"), withDestinationURL: interface)
        }

        func remove(_ name: String) throws {
            try FileManager.default.removeItem(at: root.appending(path: "class/\(name)"))
        }
    }

    private func events(of tree: Tree) -> (AsyncStream<DiscoveryEvent>, SerialDiscovery) {
        let discovery = SerialDiscovery(
            on: MultiThreadedEventLoopGroup.singleton.next(), folder: tree.classFolder, interval: .milliseconds(5))
        let (stream, continuation) = AsyncStream.makeStream(of: DiscoveryEvent.self)
        discovery.start { continuation.yield($0) }
        return (stream, discovery)
    }

    @Test("A COR One's port is found and lost; the ports of others are not told")
    func foundAndLost() async throws {
        let tree = Tree()
        defer { try? FileManager.default.removeItem(at: tree.root) }
        try tree.add("ttyACM0", port: "1-2.4", vendor: "1209", product: "0001", serial: "COR1-0001")
        try tree.add("ttyUSB0", port: "1-3", vendor: "0403", product: "6001", serial: "FT1", under: "/ttyUSB0")
        try FileManager.default.createDirectory(
            at: tree.root.appending(path: "class/ttyS0"), withIntermediateDirectories: true)

        let (stream, discovery) = events(of: tree)
        var events = stream.makeAsyncIterator()
        let first = DiscoveredDevice(
            kind: .serial, address: "serial:/dev/ttyACM0", serial: "COR1-0001", portPath: "1-2.4")
        #expect(await events.next() == .found(first))

        // A converter's tty lies one folder deeper; text of a device is cut of what a terminal would obey.
        try tree.add(
            "ttyUSB1", port: "2-1", vendor: "1209", product: "0001", serial: "COR\u{1B}[2J1", under: "/ttyUSB1")
        let second = DiscoveredDevice(
            kind: .serial, address: "serial:/dev/ttyUSB1", serial: "COR[2J1", portPath: "2-1")
        var seen: [DiscoveryEvent] = []
        while seen.last != .found(second), let event = await events.next() { seen.append(event) }
        #expect(seen.last == .found(second))

        try tree.remove("ttyACM0")
        #expect(await events.next() == .lost(address: "serial:/dev/ttyACM0"))
        discovery.close()
    }

    @Test("Where the kernel lists nothing, nothing is found")
    func nothing() async throws {
        let tree = Tree()
        let (stream, discovery) = events(of: tree)
        defer { try? FileManager.default.removeItem(at: tree.root) }
        try tree.add("ttyACM7", port: "1-1", vendor: "1209", product: "0001", serial: nil)
        var events = stream.makeAsyncIterator()
        let found = DiscoveredDevice(kind: .serial, address: "serial:/dev/ttyACM7", portPath: "1-1")
        var last: DiscoveryEvent?
        while last != .found(found), let event = await events.next() { last = event }
        #expect(last == .found(found))
        discovery.close()
    }
}
