package import CORProtocol
package import USBProtocol

/// What the device tells of itself when it is plugged in, from the same constants as the hub's expectations.
package struct USBIdentity: Sendable {
    package var descriptors: USBDescriptors
    /// Numbered from 1.
    package var strings: [String]
    /// Bytes that enumeration gives out; differs from `descriptors` where a fault lies.
    package var configuration: [UInt8]

    /// The endpoints' addresses, with the direction's bit.
    package var messagesOut: UInt8
    package var messagesIn: UInt8
    package var eventsIn: UInt8

    /// At high speed.
    package init(serial: DeviceSerial, faults: USBFaults = USBFaults()) {
        let movesEndpoints = faults.isOn(.otherEndpoints)
        messagesOut = movesEndpoints ? 0x05 : 0x01
        messagesIn = movesEndpoints ? 0x8B : 0x82
        eventsIn = movesEndpoints ? 0x84 : 0x83
        let bulkLength = UInt16(CORTransport.usbPacketLengthHigh)
        var endpoints = [
            USBEndpoint(address: messagesOut, transferType: .bulk, packetLengthMax: bulkLength),
            USBEndpoint(address: messagesIn, transferType: .bulk, packetLengthMax: bulkLength),
            // 2^(4-1) microframes: 1 ms.
            USBEndpoint(
                address: eventsIn, transferType: .interrupt,
                packetLengthMax: UInt16(CORTransport.usbEventLengthMax), interval: 4),
        ]
        if movesEndpoints { endpoints.reverse() }
        var interfaces = [
            USBInterface(
                number: 0, interfaceClass: CORTransport.usbInterfaceClass,
                interfaceSubclass: CORTransport.usbInterfaceSubclass,
                interfaceProtocol: CORTransport.usbInterfaceProtocol, nameIndex: 2, endpoints: endpoints)
        ]
        if faults.isOn(.keyboard) { interfaces.append(Self.keyboard) }
        if faults.isOn(.disk) { interfaces.append(Self.disk) }

        var device = USBDeviceDescriptor(
            vendorID: CORTransport.usbVendorID, productID: CORTransport.usbProductID)
        device.manufacturerIndex = 1
        device.productIndex = 2
        device.serialIndex = 3
        strings = [CORTransport.usbManufacturer, CORTransport.usbProduct, serial.text]
        descriptors = USBDescriptors(device: device, configurations: [USBConfiguration(interfaces: interfaces)])
        configuration = descriptors.configurations.flatMap { $0.encoded() }
        if faults.isOn(.wrongDescriptor) {
            // bNumEndpoints of the first interface, which follows the nine bytes of the configuration.
            configuration[9 + 4] += 1
        }
    }

    package var packetLength: Int { CORTransport.usbPacketLengthHigh }
    package var eventPacketLength: Int { CORTransport.usbEventLengthMax }

    private static let keyboard = USBInterface(
        number: 1, interfaceClass: 0x03, interfaceSubclass: 1, interfaceProtocol: 1,
        endpoints: [USBEndpoint(address: 0x86, transferType: .interrupt, packetLengthMax: 8, interval: 7)])

    private static let disk = USBInterface(
        number: 2, interfaceClass: 0x08, interfaceSubclass: 6, interfaceProtocol: 0x50,
        endpoints: [
            USBEndpoint(address: 0x07, transferType: .bulk, packetLengthMax: 512),
            USBEndpoint(address: 0x88, transferType: .bulk, packetLengthMax: 512),
        ])
}
