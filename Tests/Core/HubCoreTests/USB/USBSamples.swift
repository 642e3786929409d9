import CORProtocol
import HubCore
import SMPProtocol
import USBProtocol

/// Descriptors of a COR One, and what a liar makes of them.
enum USBSamples {
    static let serial = DeviceSerial("COR1-TEST-0001")

    static let endpoints = [
        USBEndpoint(address: 0x01, transferType: .bulk, packetLengthMax: 512),
        USBEndpoint(address: 0x82, transferType: .bulk, packetLengthMax: 512),
        USBEndpoint(address: 0x83, transferType: .interrupt, packetLengthMax: 64, interval: 4),
    ]

    static let interface = USBInterface(
        number: 0, interfaceClass: CORTransport.usbInterfaceClass, interfaceSubclass: CORTransport.usbInterfaceSubclass,
        interfaceProtocol: CORTransport.usbInterfaceProtocol, endpoints: endpoints)

    static let upgrade = USBInterface(
        number: 1, interfaceClass: 0xFE, interfaceSubclass: 1, interfaceProtocol: 1, endpoints: [])

    static let channels = USBChannels(
        interfaceNumber: 0, messagesOut: .init(address: 0x01, packetLengthMax: 512),
        messagesIn: .init(address: 0x82, packetLengthMax: 512), eventsIn: .init(address: 0x83, packetLengthMax: 64))

    static func extra(_ interfaceClass: UInt8) -> USBInterface {
        USBInterface(
            number: 1, interfaceClass: interfaceClass, interfaceSubclass: 0, interfaceProtocol: 0,
            endpoints: [USBEndpoint(address: 0x86, transferType: .interrupt, packetLengthMax: 8, interval: 7)])
    }

    static func descriptors(
        _ interfaces: [USBInterface] = [interface], productID: UInt16 = CORTransport.usbProductID,
        configurations: Int = 1
    ) -> [UInt8] {
        var device = USBDeviceDescriptor(vendorID: CORTransport.usbVendorID, productID: productID)
        device.configurationCount = UInt8(configurations)
        return USBDescriptors(
            device: device,
            configurations: [USBConfiguration](
                repeating: USBConfiguration(interfaces: interfaces), count: configurations)
        ).encoded()
    }

    static func sighting(
        _ portPath: String = "1-1", address: Int = 2, serial: String = "COR1-TEST-0001",
        interfaces: [USBInterface] = [interface], isOpenable: Bool = true
    ) -> USBSighting {
        USBSighting(
            place: USBPlace(busNumber: 1, deviceAddress: address, portPath: portPath),
            descriptors: descriptors(interfaces), serial: Array(serial.utf8), product: Array("COR One".utf8),
            isOpenable: isOpenable)
    }

    static let place = USBPlace(busNumber: 1, deviceAddress: 2, portPath: "1-1")

    /// A message of 8 bytes more.
    static func message(payloadLength: Int) -> [UInt8] {
        SMPMessage(
            operation: .read, group: 64, sequence: 0, command: 0, payload: [UInt8](repeating: 7, count: payloadLength)
        ).encoded()
    }

    /// A link whose reads have begun.
    static func openedLink() -> USBLinkMachine {
        var machine = USBLinkMachine()
        _ = machine.handle(.appeared(place))
        _ = machine.handle(.opened(channels))
        return machine
    }
}
