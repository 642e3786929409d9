import CORProtocol
import DeviceSimulator
import SMPProtocol
import Testing
import USBProtocol

@Suite("The device's side of USB")
struct VirtualUSBDeviceTests {
    private let serial: DeviceSerial
    private let message = SMPMessage(
        operation: .read, group: 64, sequence: 0, command: 0, payload: [UInt8](repeating: 9, count: 504)
    ).encoded()

    init() throws {
        serial = try #require(DeviceSerial("COR1-TEST-0001"))
    }

    private func device(_ faults: USBFaultOrder...) -> VirtualUSBDevice {
        var ordered = USBFaults()
        faults.forEach { ordered.set($0) }
        return VirtualUSBDevice(identity: USBIdentity(serial: serial, faults: ordered), faults: ordered)
    }

    private func control(_ setup: USBSetup) -> USBIPCommand {
        .submit(
            USBIPTransfer(
                sequence: 1, isIn: setup.isIn, endpoint: 0, length: Int(setup.length), setup: setup.encoded()))
    }

    private func descriptor(_ type: UInt8, _ index: UInt8 = 0, of device: inout VirtualUSBDevice) -> [UInt8]? {
        let setup = USBSetup(
            requestType: 0x80, request: USBRequest.getDescriptor, value: UInt16(type) << 8 | UInt16(index),
            length: 4_096)
        guard case .answer(.submitted(1, 0, _, let data)) = device.handle(control(setup)).first else { return nil }
        return data
    }

    private func read(_ sequence: UInt32, length: Int) -> USBIPCommand {
        .submit(USBIPTransfer(sequence: sequence, isIn: true, endpoint: 2, length: length))
    }

    private func write(_ sequence: UInt32, _ data: [UInt8]) -> USBIPCommand {
        .submit(USBIPTransfer(sequence: sequence, isIn: false, endpoint: 1, length: data.count, data: data))
    }

    private func clearHalt(_ address: UInt16) -> USBIPCommand {
        control(USBSetup(requestType: 2, request: USBRequest.clearFeature, value: 0, index: address))
    }

    @Test("It tells what the specification says, and its serial number")
    func enumeration() throws {
        var device = device()
        let bytes =
            try #require(descriptor(1, of: &device)) + #require(descriptor(2, of: &device))
        let descriptors = try USBDescriptors(decoding: bytes)
        #expect(descriptors == USBIdentity(serial: serial).descriptors)
        #expect(descriptors.device.vendorID == CORTransport.usbVendorID)
        #expect(descriptor(3, 3, of: &device) == USBStringDescriptor.encoded("COR1-TEST-0001"))
        #expect(descriptor(3, 0, of: &device) == [4, 3, 9, 4])
        #expect(descriptor(3, 4, of: &device) == nil)
        #expect(descriptor(6, of: &device)?.count == 10)
        #expect(
            device.handle(control(USBSetup(requestType: 0xC1, request: 1, length: 8))) == [
                .answer(.submitted(sequence: 1, status: -32, length: 0, data: []))
            ])
    }

    @Test("A message that fills its last packet is followed by a packet of zero bytes")
    func zeroPacket() {
        #expect(message.count == 512)
        var device = device()
        #expect(device.handle(read(2, length: 512)) == [])
        #expect(
            device.send(message: message) == [
                .answer(.submitted(sequence: 2, status: 0, length: 512, data: message))
            ])
        #expect(
            device.handle(read(3, length: 512)) == [
                .answer(.submitted(sequence: 3, status: 0, length: 0, data: []))
            ])
        // A read with room ends with it at once.
        _ = device.handle(read(4, length: 1_024))
        #expect(
            device.send(message: message) == [
                .answer(.submitted(sequence: 4, status: 0, length: 512, data: message))
            ])
    }

    @Test("Without that packet, a read with room waits for the next message")
    func noZeroPacket() {
        var device = device(USBFaultOrder(fault: .noZeroPacket))
        _ = device.handle(read(2, length: 1_024))
        #expect(device.send(message: message) == [])
        #expect(
            device.send(message: [1, 2, 3]) == [
                .answer(.submitted(sequence: 2, status: 0, length: 515, data: message + [1, 2, 3]))
            ])
    }

    @Test("Requests are found however they are cut")
    func requests() {
        var device = device()
        #expect(
            device.handle(write(5, Array(message[..<100]))) == [
                .answer(.submitted(sequence: 5, status: 0, length: 100, data: []))
            ])
        #expect(
            device.handle(write(6, Array(message[100...]) + message)).dropFirst() == [
                .received(message), .received(message),
            ])
    }

    @Test("A halted endpoint stalls until the halt is cleared, and begins with a new message")
    func halt() {
        var device = device(USBFaultOrder(fault: .stall, number: 1), USBFaultOrder(fault: .stallOut, number: 1))
        _ = device.handle(read(2, length: 512))
        #expect(
            device.send(message: message) == [
                .struck(.stall), .answer(.submitted(sequence: 2, status: -32, length: 0, data: [])),
            ])
        #expect(
            device.handle(read(3, length: 512)) == [
                .answer(.submitted(sequence: 3, status: -32, length: 0, data: []))
            ])
        _ = device.handle(clearHalt(0x82))
        #expect(device.handle(read(4, length: 512)) == [])

        #expect(
            device.handle(write(5, message)) == [
                .struck(.stallOut), .answer(.submitted(sequence: 5, status: -32, length: 0, data: [])),
            ])
        #expect(
            device.handle(write(6, message)) == [
                .answer(.submitted(sequence: 6, status: -32, length: 0, data: []))
            ])
        _ = device.handle(clearHalt(0x01))
        #expect(device.handle(write(7, message)).last == .received(message))
    }

    @Test("A transfer that the host gives up is forgotten")
    func unlink() {
        var device = device(USBFaultOrder(fault: .hold, number: 1))
        _ = device.handle(read(2, length: 512))
        #expect(
            device.handle(.unlink(sequence: 9, victim: 2)) == [
                .unfinished(sequence: 2, data: []), .answer(.unlinked(sequence: 9, status: -104)),
            ])
        #expect(device.handle(.unlink(sequence: 10, victim: 2)) == [.answer(.unlinked(sequence: 10, status: 0))])
        #expect(device.send(message: message) == [])
        #expect(device.handle(write(3, message)) == [.struck(.hold)])
        #expect(device.handle(.unlink(sequence: 11, victim: 3)) == [.answer(.unlinked(sequence: 11, status: -104))])
        #expect(device.handle(write(4, message)).last == .received(message))
    }

    @Test("It is gone once so many bytes have passed, either way")
    func disconnect() {
        var device = device(USBFaultOrder(fault: .disconnect, number: 600))
        #expect(device.handle(write(3, message)).last == .received(message))
        _ = device.handle(read(4, length: 512))
        #expect(device.send(message: message) == [.struck(.disconnect), .disconnect])
    }

    @Test("An event is one packet of the interrupt endpoint, and may be lost")
    func events() {
        var device = device(USBFaultOrder(fault: .lostEvent, number: 1))
        let event = [UInt8](repeating: 1, count: 20)
        #expect(device.send(event: event) == [.struck(.lostEvent)])
        #expect(device.send(event: event) == [])
        #expect(
            device.handle(.submit(USBIPTransfer(sequence: 2, isIn: true, endpoint: 3, length: 64))) == [
                .answer(.submitted(sequence: 2, status: 0, length: 20, data: event))
            ])
    }

    @Test("Lines of the control channel plug, unplug and order faults")
    func controlLines() throws {
        #expect(try ControlLine(#"{"do": "plug"}"#).order == .usb(.plug))
        #expect(try ControlLine(#"{"do": "unplug"}"#).order == .usb(.unplug))
        #expect(
            try ControlLine(#"{"do": "usb-fault", "name": "disconnect", "n": 7}"#).order
                == .usb(.fault(USBFaultOrder(fault: .disconnect, number: 7))))
        #expect(throws: ControlLine.Refusal.self) { try ControlLine(#"{"do": "usb-fault", "name": "flood"}"#) }
    }

    @Test("Faults are read as they are written")
    func orders() {
        #expect(USBFaultOrder("stall") == USBFaultOrder(fault: .stall))
        #expect(USBFaultOrder("disconnect=100") == USBFaultOrder(fault: .disconnect, number: 100))
        for text in ["", "flood", "stall=", "stall=-1", "stall=x"] { #expect(USBFaultOrder(text) == nil) }
    }
}
