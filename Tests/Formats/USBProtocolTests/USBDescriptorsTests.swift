import CORProtocol
import Testing
import USBProtocol

@Suite("USB descriptors")
struct USBDescriptorsTests {
    /// One vendor interface with three endpoints, as transport.md section 4 has it at high speed.
    private let sound = USBDescriptors(
        device: USBDeviceDescriptor(vendorID: 0x1209, productID: 0x0001),
        configurations: [
            USBConfiguration(interfaces: [
                USBInterface(
                    number: 0, interfaceClass: 0xFF, interfaceSubclass: 0x43, interfaceProtocol: 1,
                    endpoints: [
                        USBEndpoint(address: 0x01, transferType: .bulk, packetLengthMax: 512),
                        USBEndpoint(address: 0x82, transferType: .bulk, packetLengthMax: 512),
                        USBEndpoint(address: 0x83, transferType: .interrupt, packetLengthMax: 64, interval: 4),
                    ])
            ])
        ])
    /// The same, written by hand from USB 2.0, tables 9-8, 9-10, 9-12 and 9-13.
    private let bytes: [UInt8] = [
        18, 1, 0x00, 0x02, 0, 0, 0, 64, 0x09, 0x12, 0x01, 0x00, 0x00, 0x01, 0, 0, 0, 1,
        9, 2, 39, 0, 1, 1, 0, 0x80, 250,
        9, 4, 0, 0, 3, 0xFF, 0x43, 1, 0,
        7, 5, 0x01, 2, 0x00, 0x02, 0,
        7, 5, 0x82, 2, 0x00, 0x02, 0,
        7, 5, 0x83, 3, 64, 0, 4,
    ]

    private func refusal(of bytes: [UInt8]) -> USBDescriptorError? {
        do throws(USBDescriptorError) {
            _ = try USBDescriptors(decoding: bytes)
            return nil
        } catch {
            return error
        }
    }

    private func changed(_ offset: Int, to byte: UInt8) -> [UInt8] {
        var bytes = bytes
        bytes[offset] = byte
        return bytes
    }

    @Test("What is written is what the tables of USB 2.0 say, and is read as it was")
    func tables() throws {
        #expect(sound.encoded() == bytes)
        #expect(try USBDescriptors(decoding: bytes) == sound)
    }

    @Test("Descriptors of classes in between are skipped")
    func classDescriptors() throws {
        var bytes = bytes
        bytes.insert(contentsOf: [5, 0x24, 1, 2, 3], at: 36)
        bytes[20] += 5
        #expect(try USBDescriptors(decoding: bytes) == sound)
    }

    @Test("Cut off anywhere, it is refused")
    func truncated() {
        for length in 0..<bytes.count {
            #expect(refusal(of: Array(bytes.prefix(length))) != nil, "\(length) bytes")
        }
    }

    @Test("Lengths and counts that lie are refused by what they lie about")
    func lies() {
        #expect(refusal(of: changed(1, to: 2)) == .typeUnexpected(expected: 1, found: 2, offset: 0))
        #expect(refusal(of: changed(0, to: 17)) == .tooShort(type: 1, length: 17, offset: 0))
        #expect(refusal(of: changed(17, to: 2)) == .countWrong(what: "configurations", said: 2, found: 1))
        #expect(refusal(of: changed(18, to: 8)) == .tooShort(type: 2, length: 8, offset: 18))
        #expect(refusal(of: changed(19, to: 4)) == .typeUnexpected(expected: 2, found: 4, offset: 18))
        #expect(refusal(of: changed(20, to: 40)) == .truncated(offset: 18))
        #expect(refusal(of: changed(20, to: 8)) == .truncated(offset: 18))
        #expect(refusal(of: changed(22, to: 2)) == .countWrong(what: "interfaces", said: 2, found: 1))
        #expect(refusal(of: changed(27, to: 0)) == .tooShort(type: 4, length: 0, offset: 27))
        #expect(refusal(of: changed(27, to: 8)) == .tooShort(type: 4, length: 8, offset: 27))
        #expect(refusal(of: changed(28, to: 5)) == .endpointOutsideInterface(offset: 27))
        #expect(refusal(of: changed(31, to: 4)) == .countWrong(what: "endpoints", said: 4, found: 3))
        #expect(refusal(of: changed(36, to: 6)) == .tooShort(type: 5, length: 6, offset: 36))
        #expect(refusal(of: changed(50, to: 8)) == .truncated(offset: 50))
    }

    @Test("A set of the greatest length is read, one byte more is refused")
    func bounds() throws {
        let filler = USBDescriptors.lengthMax - bytes.count
        var longest = bytes
        let extra = Array(repeating: [UInt8(2), 0x24] as [UInt8], count: filler / 2).flatMap { $0 }
        longest += filler % 2 == 0 ? extra : [3, 0x24, 0] + extra.dropLast(2)
        let total = UInt16(longest.count - USBDeviceDescriptor.byteCount).littleEndianBytes
        longest[20] = total[0]
        longest[21] = total[1]
        #expect(longest.count == USBDescriptors.lengthMax)
        #expect(try USBDescriptors(decoding: longest) == sound)
        #expect(refusal(of: longest + [0]) == .tooLong(length: 4_097, max: 4_096))
    }

    @Test("Any byte changed is read or refused, never trapped on")
    func everyByte() {
        for offset in bytes.indices {
            for byte in UInt8.min...UInt8.max {
                _ = refusal(of: changed(offset, to: byte))
            }
        }
    }

    @Test("A string is UTF-16, and cut at 126 units")
    func strings() {
        #expect(USBStringDescriptor.encoded("Aé") == [6, 3, 0x41, 0, 0xE9, 0])
        #expect(USBStringDescriptor.encoded(String(repeating: "x", count: 127)).count == 254)
    }

    @Test("A setup packet is read as it was written, and only from eight bytes")
    func setup() {
        let setup = USBSetup(
            requestType: 0x80, request: USBRequest.getDescriptor, value: 0x0100, index: 0x0409, length: 18)
        #expect(setup.encoded() == [0x80, 6, 0, 1, 9, 4, 18, 0])
        #expect(USBSetup(decoding: setup.encoded()) == setup)
        #expect(USBSetup(decoding: [UInt8](repeating: 0, count: 7)) == nil)
        #expect(USBSetup(decoding: [UInt8](repeating: 0, count: 9)) == nil)
    }
}
