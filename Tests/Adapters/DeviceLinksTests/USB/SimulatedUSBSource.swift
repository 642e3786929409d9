import CORProtocol
import DeviceSimulator
import HubCore
import NIOPosix
import Synchronization
import USBProtocol

@testable import DeviceLinks

/// A bus with one virtual device in it: transfers go to the device's own USB side instead of libusb.
final class SimulatedUSBSource: USBDeviceSource {
    private let serial: DeviceSerial
    private let faults: USBFaults
    private let answer: @Sendable ([UInt8]) -> [[UInt8]]
    private let handler = Mutex<(@Sendable (USBLinkMachine.Event) -> Void)?>(nil)
    /// What the links were told to have lost, in order; nil for those that lost nothing.
    let losses = Mutex<[USBReturnMatch.Loss?]>([])
    /// Ports that were reset.
    let resetCount = Atomic<Int>(0)

    /// - Parameter answer: what the device sends for a message.
    init(faults: [USBFaultOrder] = [], answering answer: @escaping @Sendable ([UInt8]) -> [[UInt8]]) {
        guard let serial = DeviceSerial("COR1-TEST-0001") else { preconditionFailure("a serial number") }
        self.serial = serial
        self.answer = answer
        var ordered = USBFaults()
        faults.forEach { ordered.set($0) }
        self.faults = ordered
    }

    func link() -> USBDeviceLink {
        USBDeviceLink(
            serial: serial, id: USBWatch.LinkID(rawValue: 1), source: self,
            on: MultiThreadedEventLoopGroup.singleton.next())
    }

    /// The bus no longer has the device.
    func leave() {
        handler.withLock { $0 }?(.left)
    }

    func await(
        _ serial: DeviceSerial, for link: USBWatch.LinkID, _ handler: @escaping @Sendable (USBLinkMachine.Event) -> Void
    ) {
        self.handler.withLock { $0 = handler }
        handler(.appeared(USBPlace(busNumber: 1, deviceAddress: 2, portPath: "1-1")))
    }

    func end(_ link: USBWatch.LinkID, _ loss: USBReturnMatch.Loss?) {
        losses.withLock { $0.append(loss) }
    }

    func open(_ place: USBPlace) -> USBOpening {
        let identity = USBIdentity(serial: serial, faults: faults)
        let descriptors = identity.descriptors.device.encoded() + identity.configuration
        let verdict = USBAdmission.verdict(onDescriptors: descriptors, serial: Array(serial.text.utf8))
        guard case .admitted(let channels, _) = verdict else { return .failed(.refused) }
        let node = SimulatedUSBNode(
            VirtualUSBDevice(identity: identity, faults: faults), channels: channels, answer: answer,
            reset: { [self] in resetCount.add(1, ordering: .relaxed) })
        return .opened(node, channels)
    }
}
