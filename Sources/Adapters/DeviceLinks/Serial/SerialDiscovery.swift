package import CORProtocol
package import HubCore
package import NIOCore
import Synchronization

/// Finds COR Ones on USB serial ports: ports whose USB device has our ids. Others are somebody else's, and are not
/// touched.
///
/// Linux tells of new ports by udev, which is not everywhere; so sysfs is looked at again and again.
package final class SerialDiscovery: DeviceDiscovery {
    package let kind = LinkKind.serial

    private struct State {
        var seen: [String: DiscoveredDevice] = [:]
        var isClosed = false
    }

    private let eventLoop: any EventLoop
    private let folder: String
    private let interval: TimeAmount
    private let state = Mutex(State())

    /// - Parameters:
    ///   - folder: where the kernel lists its ttys; another one for tests.
    ///   - interval: from one look to the next.
    package init(
        on eventLoop: any EventLoop, folder: String = "/sys/class/tty", interval: TimeAmount = .seconds(2)
    ) {
        self.eventLoop = eventLoop
        self.folder = folder
        self.interval = interval
    }

    package func start(_ handler: @escaping @Sendable (DiscoveryEvent) -> Void) {
        eventLoop.execute { self.look(handler) }
    }

    package func close() {
        state.withLock { $0.isClosed = true }
    }

    private func look(_ handler: @escaping @Sendable (DiscoveryEvent) -> Void) {
        guard !state.withLock({ $0.isClosed }) else { return }
        let devices = SerialPort.all(in: folder).compactMap(DiscoveredDevice.init)
        let there = Dictionary(uniqueKeysWithValues: devices.map { ($0.address, $0) })
        let before = state.withLock { state in
            defer { state.seen = there }
            return state.seen
        }
        for address in before.keys.sorted() where there[address] == nil {
            handler(.lost(address: address))
        }
        for device in devices where before[device.address] != device {
            handler(.found(device))
        }
        eventLoop.scheduleTask(in: interval) { self.look(handler) }
    }
}

extension DiscoveredDevice {
    /// nil for what is no COR One's.
    fileprivate init?(_ port: SerialPort) {
        guard port.vendorID == CORTransport.usbVendorID, port.productID == CORTransport.usbProductID else { return nil }
        self.init(
            kind: .serial, address: LinkAddress.serial(path: "/dev/\(port.name)").description, serial: port.serial,
            name: port.product, portPath: port.portPath)
    }
}
