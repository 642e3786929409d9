import CORProtocol
import HubCore
import Testing
import USBProtocol

@Suite("Which devices on the bus are ours")
struct USBAdmissionTests {
    private func verdict(_ interfaces: [USBInterface], serial: String? = "COR1-TEST-0001") -> USBAdmission {
        USBAdmission.verdict(
            onDescriptors: USBSamples.descriptors(interfaces), serial: serial.map { Array($0.utf8) })
    }

    private func endpoints(_ change: (inout [USBEndpoint]) -> Void) -> USBAdmission {
        var interface = USBSamples.interface
        change(&interface.endpoints)
        return verdict([interface])
    }

    @Test("A COR One is admitted with the endpoints that it tells")
    func admitted() throws {
        let serial = try #require(USBSamples.serial)
        #expect(verdict([USBSamples.interface]) == .admitted(USBSamples.channels, serial: serial))
        #expect(verdict([USBSamples.interface, USBSamples.upgrade]) == .admitted(USBSamples.channels, serial: serial))
        var moved = USBSamples.interface
        moved.number = 3
        moved.endpoints = [
            USBEndpoint(address: 0x8F, transferType: .interrupt, packetLengthMax: 16, interval: 1),
            USBEndpoint(address: 0x81, transferType: .bulk, packetLengthMax: 64),
            USBEndpoint(address: 0x02, transferType: .bulk, packetLengthMax: 64),
        ]
        let channels = USBChannels(
            interfaceNumber: 3, messagesOut: .init(address: 0x02, packetLengthMax: 64),
            messagesIn: .init(address: 0x81, packetLengthMax: 64), eventsIn: .init(address: 0x8F, packetLengthMax: 16))
        #expect(verdict([moved]) == .admitted(channels, serial: serial))
    }

    @Test("Devices of others are none of our business, however malformed")
    func foreign() {
        #expect(
            USBAdmission.verdict(onDescriptors: USBSamples.descriptors(productID: 2), serial: nil) == .foreign)
        #expect(USBAdmission.verdict(onDescriptors: [], serial: nil) == .foreign)
        #expect(USBAdmission.verdict(onDescriptors: [18, 1, 0], serial: nil) == .foreign)
    }

    @Test(
        "Threat 3, BadUSB: a COR One that adds another interface to itself is refused",
        arguments: [0x03, 0x08, 0x02, 0x09, 0xE0, 0xFF, 0x00] as [UInt8])
    func badUSB(interfaceClass: UInt8) {
        #expect(
            verdict([USBSamples.interface, USBSamples.extra(interfaceClass)])
                == .refused(.addsInterface(interfaceClass: interfaceClass)))
        #expect(
            verdict([USBSamples.extra(interfaceClass), USBSamples.interface]).isRefused)
    }

    @Test("Threat 3, BadUSB: an alternate setting does not hide an interface")
    func alternateSetting() {
        var hidden = USBSamples.extra(0x03)
        hidden.number = 0
        hidden.alternateSetting = 1
        #expect(verdict([USBSamples.interface, hidden]) == .refused(.addsInterface(interfaceClass: 0x03)))
        var ours = USBSamples.interface
        ours.alternateSetting = 1
        #expect(verdict([ours]) == .refused(.endpointsWrong))
        #expect(verdict([USBSamples.interface, ours]) == .refused(.interfaceTwice))
    }

    @Test("Threat 3, BadUSB: a second configuration does not hide an interface")
    func secondConfiguration() {
        #expect(
            USBAdmission.verdict(
                onDescriptors: USBSamples.descriptors(configurations: 2), serial: Array("COR1-TEST-0001".utf8))
                == .refused(.configurationCount(2)))
    }

    @Test("Without its interface, or with it twice, it is refused")
    func interfaces() {
        #expect(verdict([]) == .refused(.interfaceMissing))
        #expect(verdict([USBSamples.upgrade]) == .refused(.interfaceMissing))
        var second = USBSamples.interface
        second.number = 1
        #expect(verdict([USBSamples.interface, second]) == .refused(.interfaceTwice))
    }

    @Test("Other endpoints than a COR One's are refused")
    func wrongEndpoints() {
        #expect(endpoints { $0.removeLast() } == .refused(.endpointsWrong))
        #expect(endpoints { $0[2] = $0[1] } == .refused(.endpointsWrong))
        #expect(endpoints { $0[0].address = 0x81 } == .refused(.endpointsWrong))
        #expect(endpoints { $0[0].packetLengthMax = 0 } == .refused(.endpointsWrong))
        #expect(endpoints { $0[2].transferType = .isochronous } == .refused(.endpointsWrong))
        #expect(endpoints { $0.append($0[0]) } == .refused(.endpointsWrong))
    }

    @Test("Malformed descriptors are refused with what is wrong about them")
    func malformed() {
        var bytes = USBSamples.descriptors()
        bytes[31] = 4
        #expect(
            USBAdmission.verdict(onDescriptors: bytes, serial: nil)
                == .refused(.malformedDescriptors(.countWrong(what: "endpoints", said: 4, found: 3))))
    }

    @Test("A serial number that is none is refused: bytes of a peer, not text to trust")
    func serials() {
        #expect(verdict([USBSamples.interface], serial: nil) == .refused(.serialMissing))
        for serial in ["", "abc", "cor1-test-0001", "COR1/../0001", String(repeating: "A", count: 33), "-COR1"] {
            #expect(verdict([USBSamples.interface], serial: serial) == .refused(.serialMalformed))
        }
        #expect(
            USBAdmission.verdict(onDescriptors: USBSamples.descriptors(), serial: [0xFF, 0xFE, 0x41, 0x42])
                == .refused(.serialMalformed))
    }
}

extension USBAdmission {
    fileprivate var isRefused: Bool {
        if case .refused = self { true } else { false }
    }
}
